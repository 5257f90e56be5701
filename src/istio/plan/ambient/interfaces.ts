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
export function interfacesOf(knobs: InterfaceKnobs): readonly string[] {
  return namesIn(knobs).map((name) => plain(name, knobs));
}

/** Why a name is refused; undefined where all are taken. */
export function refusedInterface(knobs: InterfaceKnobs): string | undefined {
  const native = knobs.backend === 'nftables';
  const bad = namesIn(knobs).find((name) => {
    const read = MATCH_OPTIONS['in-interface'].read(plain(name, knobs), 'ip');
    return read === null || (native && (name.includes('+') || !isBareWord(name.replace(/\*$/, ''))));
  });
  return bad === undefined ? undefined : `${quoted(bad)} is no name of an interface that ${native ? 'nft' : 'iptables'} takes`;
}
