/** The names of the annotation for virtual interfaces, as iptables and nft take them. */

import { MATCH_OPTIONS } from '../../../netfilter/rule/options.ts';
import { quoted } from '../../problems.ts';
import { isBareWord } from '../native/refusals.ts';
import type { AmbientKnobs } from './knobs.ts';

type InterfaceKnobs = Pick<AmbientKnobs, 'virtualInterfaces' | 'backend'>;

function namesIn({ virtualInterfaces = [] }: InterfaceKnobs): readonly string[] {
  return virtualInterfaces.map((name) => name.trim()).filter((name) => name !== '');
}

/** A name with iptables' wildcard, where nft's is `*`. */
function plain(name: string, { backend }: InterfaceKnobs): string {
  return backend === 'nftables' ? name.replace(/\*$/, '+') : name;
}

/** The names, with iptables' wildcard. */
export function interfacesOf(asked: InterfaceKnobs): readonly string[] {
  return namesIn(asked).map((name) => plain(name, asked));
}

/** Why a name is refused; undefined where all are taken. */
export function refusedInterface(asked: InterfaceKnobs): string | undefined {
  const native = asked.backend === 'nftables';
  const bad = namesIn(asked).find((name) => {
    const read = MATCH_OPTIONS['in-interface'].read(plain(name, asked), 'ip');
    return read === null || (native && (name.includes('+') || !isBareWord(name.replace(/\*$/, ''))));
  });
  return bad === undefined ? undefined : `${quoted(bad)} is no name of an interface that ${native ? 'nft' : 'iptables'} takes`;
}
