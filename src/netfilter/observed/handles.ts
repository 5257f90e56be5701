/** Where rules stand, by the numbers with which the kernel tells of them. */

import { TABLES } from '../rule.ts';
import type { RulePlace } from '../trace/result.ts';

/** `nat OUTPUT 3` of iptables, by its place; `inet istio-proxy-nat output #7` of nft's own, by its handle. */
export type RuleKey = string;

/** The keys of all rules, by family, table and handle, from `nft -j -a list ruleset`. Undefined for a text that is none. */
export function keysByHandle(json: string): ReadonlyMap<string, RuleKey> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    return undefined;
  }
  const items = isRecord(value) && Array.isArray(value['nftables']) ? value['nftables'] : undefined;
  const counts = new Map<string, number>();
  return (
    items &&
    new Map(
      items.flatMap((item: unknown): readonly (readonly [string, RuleKey])[] => {
        const rule = isRecord(item) ? item['rule'] : undefined;
        if (!isRecord(rule)) return [];
        const [family, table, chain, handle] = [rule['family'], rule['table'], rule['chain'], rule['handle']].map(String);
        const place = `${family} ${table} ${chain}`;
        const position = (counts.get(place) ?? 0) + 1;
        counts.set(place, position);
        const ofIptables = family !== 'inet' && TABLES.includes(table ?? '');
        return [[`${family} ${table} ${handle}`, ofIptables ? `${table} ${chain} ${position}` : `${place} #${handle}`]];
      }),
    )
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** The key of a rule that a trace names. */
export function keyOfPlace({ table, chain, position, rule }: RulePlace): RuleKey {
  return rule.handle === undefined ? `${table} ${chain} ${position}` : `${table} ${chain} #${rule.handle}`;
}
