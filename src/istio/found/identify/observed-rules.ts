/** One family's rules as settings are read from them. */

import { hidesInterfaces } from '../../../netfilter/compare/rule-key.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { PortRange } from '../../../netfilter/numbers.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { sees } from '../../../netfilter/observation.ts';
import type { KnownMatch, MatchKind } from '../../../netfilter/rule/match.ts';
import { normalRule } from '../../../netfilter/rule/normal.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import { ownChainsOf } from '../ownership/parts.ts';
import { matchValue } from '../ownership/rule-values.ts';

/** The rules of one family, by table and chain; what only logs is left out. */
export interface ObservedRules {
  readonly family: Family;
  /** The rules of chains, one chain after the other; none where a chain is not there. */
  readonly rules: (table: string, ...chains: readonly string[]) => readonly Rule[];
  /** Whether a table can be seen. */
  readonly sees: (table: string) => boolean;
  /** Whether the family has chains of ours: what is not there says something only beside what is. */
  readonly captured: boolean;
  /** Whether rules are logged as trace logging does. */
  readonly logged: boolean;
}

/** One family of an observation that holds nothing but our rules. */
export function observedRulesOf(observed: Observation, family: Family): ObservedRules {
  const ruleset = observed[family];
  const all = ruleset.tables.flatMap(({ name, chains }) =>
    chains.map((chain) => [`${name} ${chain.name}`, chain.rules.map(normalRule)] as const),
  );
  const logs = ({ target }: Rule): boolean => target.kind === 'NFLOG';
  const byPlace = new Map(all.map(([place, rules]) => [place, rules.filter((rule) => !logs(rule))]));
  return {
    family,
    rules: (table, ...chains) => {
      const [first = [], ...others] = chains.map((chain) => byPlace.get(`${table} ${chain}`) ?? []);
      return others.length === 0 ? first : [...first, ...others.flat()];
    },
    sees: (table) => sees(observed, family, table),
    captured: ownChainsOf(ruleset).size > 0,
    logged: all.some(([, rules]) => rules.some(logs)),
  };
}

type MatchedKind = MatchKind | `!${MatchKind}`;

/** Whether a rule asks just this; `!` for a match that is negated. Of a listing that hides interfaces, they are not expected. */
export function matchesOnly(rule: Rule, ...kinds: readonly MatchedKind[]): boolean {
  const hides = hidesInterfaces(rule);
  const expected = hides ? kinds.filter((kind) => !kind.endsWith('-interface')) : kinds;
  if (rule.matches.length - (hides ? 1 : 0) !== expected.length) return false;
  return rule.matches.every((match) => {
    if (match.kind === 'unknown') return true;
    return match.kind !== 'opaque' && expected.includes(match.negated ? `!${match.kind}` : match.kind);
  });
}

/** The value of a match that is negated. */
export function negatedValue(rule: Rule, kind: MatchKind): KnownMatch['value'] | undefined {
  return rule.matches.find((match): match is KnownMatch => match.kind === kind && 'negated' in match && match.negated)?.value;
}

const ALL_PORTS: PortRange = { first: 0, last: 65535 };

/** The ports that a rule for a protocol asks for: all of them where it asks for none, as the kernel keeps no such match. Undefined for another rule. */
export function matchedPorts(rule: Rule, protocol: string): PortRange | undefined {
  if (matchValue(rule, 'protocol') !== protocol) return undefined;
  if (matchesOnly(rule, 'protocol')) return ALL_PORTS;
  return matchesOnly(rule, 'protocol', 'destination-port') ? matchValue(rule, 'destination-port') : undefined;
}
