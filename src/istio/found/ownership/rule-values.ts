/** What rules ask and do, as far as settings are read from them. */

import type { PortRange } from '../../../netfilter/numbers.ts';
import type { KnownMatch, MatchKind, MatchValues } from '../../../netfilter/rule/match.ts';
import type { Rule, Ruleset } from '../../../netfilter/rule.ts';

/** The rules of one family, by table and chain. */
export type Find = (table: string, ...chains: readonly string[]) => readonly Rule[];

/** The rules of a ruleset that may be ours. */
export function finder(ruleset: Ruleset): Find {
  const chains = new Map(
    ruleset.tables.flatMap((table) => table.chains.map((chain) => [`${table.name} ${chain.name}`, chain.rules.filter(mayBeOurs)] as const)),
  );
  return (table, ...names) => names.flatMap((name) => chains.get(`${table} ${name}`) ?? []);
}

/** No release wrote comments, or anything that is not understood here. */
export function mayBeOurs({ matches, target }: Rule): boolean {
  return (
    target.kind !== 'none' &&
    target.kind !== 'opaque' &&
    !matches.some(({ kind }) => kind === 'comment' || kind === 'opaque' || kind === 'unknown')
  );
}

/** Each value once, the first of equal ones. */
export function distinct<V>(values: readonly V[]): readonly V[] {
  const texts = values.map((value) => JSON.stringify(value));
  return values.filter((_, index) => texts.indexOf(texts[index] as string) === index);
}

/** The value of a match of a kind that is not negated. */
export function matchValue<K extends MatchKind>(rule: Rule, kind: K): MatchValues[K] | undefined {
  return matchesOf(rule).find((match) => match.kind === kind && !match.negated)?.value as MatchValues[K] | undefined;
}

/** The matches of a rule that are understood. */
export function matchesOf(rule: Rule): readonly KnownMatch[] {
  return rule.matches.filter((match): match is KnownMatch => match.kind !== 'opaque' && match.kind !== 'unknown');
}

/** Whether a rule ends its chain, and lets the packet go on. */
export function isReturn({ target }: Rule): boolean {
  return target.kind === 'verdict' && target.verdict === 'RETURN';
}

/** Whether a rule leads to one of the chains. */
export function jumpsTo({ target }: Rule, ...chains: readonly string[]): boolean {
  return target.kind === 'jump' && chains.includes(target.chain);
}

/** Whether a range is this one port. */
export function isPort(range: PortRange | undefined, number: number): boolean {
  return range !== undefined && 'first' in range && range.first === number && range.last === number;
}
