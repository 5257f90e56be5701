/** Where the kernel lets a rule of iptables with a target be loaded: the tables and their hooks. */

import type { Target } from './target.ts';

const PLACES: { readonly [K in Target['kind']]?: readonly string[] } = {
  REDIRECT: ['nat PREROUTING', 'nat OUTPUT'],
  DNAT: ['nat PREROUTING', 'nat OUTPUT'],
  SNAT: ['nat POSTROUTING', 'nat INPUT'],
  TPROXY: ['mangle PREROUTING'],
  REJECT: ['filter INPUT', 'filter FORWARD', 'filter OUTPUT'],
  CT: ['raw PREROUTING', 'raw OUTPUT'],
};

/** Whether a target may stand at a place, named `nat PREROUTING`. */
export function isAllowedAt(kind: Target['kind'], place: string): boolean {
  return PLACES[kind]?.includes(place) ?? true;
}
