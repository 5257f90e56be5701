/** The names of the annotation for virtual interfaces, as iptables and nft take them. */

import { MATCH_OPTIONS } from '../../../netfilter/options.ts';
import { quoted } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import { isBareWord } from '../native/refusals.ts';
import type { AmbientKnobs } from './knobs.ts';
import { agentFails } from './knobs.ts';

/** The names, with iptables' wildcard; nft's is `*`. Throws a ProblemError for one that is refused. */
export function interfacesOf({ virtualInterfaces = [] }: AmbientKnobs, native: boolean, { release }: Profile): readonly string[] {
  return virtualInterfaces
    .map((name) => name.trim())
    .filter((name) => name !== '')
    .map((name) => {
      const read = MATCH_OPTIONS['in-interface'].read(native ? name.replace(/\*$/, '+') : name, 'ip');
      const taken = read !== null && (!native || (!name.includes('+') && isBareWord(name.replace(/\*$/, ''))));
      if (!taken) throw agentFails(release, `${quoted(name)} is no name of an interface that ${native ? 'nft' : 'iptables'} takes`);
      return read;
    });
}
