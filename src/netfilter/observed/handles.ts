/** Where rules stand, by the numbers with which the kernel tells of them. */

import { isRecord, nftItems } from '../nft-listing.ts';
import { TABLES } from '../rule.ts';
import type { RulePlace } from '../trace/result.ts';

/** `nat OUTPUT 3` of iptables, by its place; `inet istio-proxy-nat output #7` of nft's own, by its handle. */
export type RuleKey = string;

/** The keys of all rules, by family, table and handle, from `nft -j -a list ruleset`. Undefined for a text that is none. */
export function keysByHandle(json: string): ReadonlyMap<string, RuleKey> | undefined {
  const items = nftItems(json);
  if (items === undefined) return undefined;
  const counts = new Map<string, number>();
  const keys = items.flatMap(({ rule }): readonly (readonly [string, RuleKey])[] => {
    if (!isRecord(rule)) return [];
    const [family, table, chain, handle] = [rule['family'], rule['table'], rule['chain'], rule['handle']].map(String);
    const place = `${family} ${table} ${chain}`;
    const position = (counts.get(place) ?? 0) + 1;
    counts.set(place, position);
    const ofIptables = family !== 'inet' && TABLES.includes(table ?? '');
    return [[`${family} ${table} ${handle}`, ofIptables ? `${table} ${chain} ${position}` : `${place} #${handle}`]];
  });
  return new Map(keys);
}

/** The key of a rule that a trace names. */
export function keyOfPlace({ table, chain, position, rule }: RulePlace): RuleKey {
  return rule.handle === undefined ? `${table} ${chain} ${position}` : `${table} ${chain} #${rule.handle}`;
}
