/** Which rules need conntrack: it sleeps in a namespace until one is loaded that does (nf_ct_netns_get, in xt_*.c and nft_*.c). */

import type { Rule, Ruleset } from '../rule.ts';

const TARGETS: readonly string[] = ['REDIRECT', 'DNAT', 'SNAT', 'CT', 'CONNMARK', 'MASQUERADE', 'NETMAP', 'NOTRACK'];
const MATCHES: readonly string[] = ['conntrack-state', 'state', 'connmark'];
/** Modules of matches kept word for word, and words of nft. */
const WORDS = /-m (?:conntrack|state|connmark|connbytes|connlabel|connlimit|helper)\b|^(?:match .*"|flow )?ct\b/;
const NFT_STATEMENTS = /\b(?:ct|snat|dnat|redirect|masquerade|notrack|synproxy)\b/;

/** Whether conntrack is awake for a family by these rules. */
export function tracksConnections({ tables }: Ruleset): boolean {
  return tables.some(({ chains, tracks }) => tracks === true || chains.some(({ rules }) => rules.some(needsConntrack)));
}

export function needsConntrack({ matches, target }: Rule): boolean {
  if (TARGETS.includes(target.kind === 'opaque' ? target.name : target.kind)) return true;
  if (target.kind === 'opaque' && NFT_STATEMENTS.test(target.text)) return true;
  return matches.some((match) => (match.kind === 'opaque' ? WORDS.test(match.text) : MATCHES.includes(match.kind)));
}
