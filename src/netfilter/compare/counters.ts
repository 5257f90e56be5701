/** What rules have counted between two looks at them: told where both looks know it, and never guessed. */

import type { Counters, Rule } from '../rule.ts';
import { knownCounters } from '../rule.ts';
import type { ChainPlace } from './difference.ts';
import { comparedText } from './rule-key.ts';
import type { Row } from './script.ts';

/** A chain of both looks: its rows, and its rules as they were read, with their counters, at the places that the rows name. */
export interface CountedChain extends ChainPlace {
  readonly rows: readonly Row[];
  readonly left: readonly Rule[];
  readonly right: readonly Rule[];
}

/** What is known of one rule. */
export type Counted =
  /** `atLeast` where other counters of its table began anew between the looks, and `about` where a look shows rounded numbers. */
  | ({ readonly kind: 'counted'; readonly atLeast: boolean; readonly about: boolean } & Counters)
  /** The counter went down, so it began anew between the looks: what it shows since then is the least there was. */
  | ({ readonly kind: 'reset'; readonly about: boolean } & Counters)
  /** A look shows no counter of it, or the rule has equals that came or went, so that nobody knows which one it was. */
  | { readonly kind: 'unknown'; readonly reason: 'no counters' | 'equal rules' }
  /** Only one look has the rule, or has it so or there. */
  | { readonly kind: 'only left' | 'only right' };

/** A rule, its place on each side that has it, and what each side shows of it. */
export type CountedRule = ChainPlace & {
  readonly rule: Rule;
  readonly left?: CountedPlace;
  readonly right?: CountedPlace;
} & Counted;

export interface CountedPlace {
  readonly position: number;
  readonly counters?: Counters;
}

/** Every rule of either side, in the order of the chains and their rows. */
export function compareCounters(chains: readonly CountedChain[]): readonly CountedRule[] {
  const found = chains.flatMap(rulesOf);
  const tableOf = ({ family, table }: ChainPlace): string => `${family} ${table}`;
  // `iptables -Z` begins all counters of a table anew, and one that has since overtaken its old number does not show it.
  const reset = new Set(found.filter(({ kind }) => kind === 'reset').map(tableOf));
  return found.map((one) => (one.kind === 'counted' && reset.has(tableOf(one)) ? { ...one, atLeast: true } : one));
}

function rulesOf({ rows, left, right, ...place }: CountedChain): readonly CountedRule[] {
  const ofOne = new Set(rows.flatMap((row) => (row.operand === 'both' ? [] : [comparedText(row.at.rule)])));
  const at = (rules: readonly Rule[], position: number): CountedPlace => {
    const counters = knownCounters(rules[position - 1] ?? {});
    return { position, ...(counters === undefined ? {} : { counters }) };
  };
  const { family, table, chain } = place;
  return rows.map((row): CountedRule => {
    if (row.operand !== 'both') {
      const { position, rule } = row.at;
      const [operand, rules] = row.operand === 'left' ? (['left', left] as const) : (['right', right] as const);
      return { family, table, chain, rule, [operand]: at(rules, position), kind: `only ${operand}` };
    }
    const [before, after] = [at(left, row.left.position), at(right, row.right.position)];
    const counted = ofOne.has(comparedText(row.left.rule)) ? EQUAL_RULES : between(before.counters, after.counters);
    return { family, table, chain, rule: row.right.rule, left: before, right: after, ...counted };
  });
}

const EQUAL_RULES: Counted = { kind: 'unknown', reason: 'equal rules' };

function between(before: Counters | undefined, after: Counters | undefined): Counted {
  if (before === undefined || after === undefined) return { kind: 'unknown', reason: 'no counters' };
  const [packets, bytes] = [change(before, after, 'packets'), change(before, after, 'bytes')];
  const about = packets.slack > 0n;
  if (packets.by < -packets.slack || bytes.by < -bytes.slack) return { kind: 'reset', about, packets: after.packets, bytes: after.bytes };
  return { kind: 'counted', atLeast: false, about, packets: atLeastNone(packets.by), bytes: atLeastNone(bytes.by) };
}

/** How much a number rose, and how much of that rounding may be. */
function change(before: Counters, after: Counters, of: 'packets' | 'bytes'): { readonly by: bigint; readonly slack: bigint } {
  return { by: after[of] - before[of], slack: (before.rounding?.[of] ?? 0n) + (after.rounding?.[of] ?? 0n) };
}

function atLeastNone(count: bigint): bigint {
  return count < 0n ? 0n : count;
}
