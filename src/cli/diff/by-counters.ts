/** `diff --counters`: which rules the packets between two looks took. */

import { agentRules } from '../../istio/found/identify/ambient.ts';
import { identify } from '../../istio/found/identify.ts';
import { rulesMadeBy } from '../../istio/found/reasons.ts';
import type { CountedChain, CountedRule } from '../../netfilter/compare/counters.ts';
import { compareCounters } from '../../netfilter/compare/counters.ts';
import type { Because, Rule } from '../../netfilter/rule.ts';
import { chainIn, knownCounters, rulesOfBoth } from '../../netfilter/rule.ts';
import type { DiffOperand } from '../../sources/operand.ts';
import type { ComparedOperand, Comparison, Scope } from './comparison.ts';
import { compareOperands, isKnownSame } from './comparison.ts';

export type ExplainedRule = CountedRule & Partial<Record<'because', Because>>;

export interface CounterComparison {
  /** The same sides rule by rule: their names, what was left out, and what was not compared. */
  readonly rules: Comparison;
  readonly counted: readonly ExplainedRule[];
  /** The sides of which no rule shows a counter. */
  readonly uncounted: readonly ('left' | 'right')[];
}

/** Compares what two sides have counted, rule by rule. */
export function compareByCounters(left: DiffOperand, right: DiffOperand, scope: Scope): CounterComparison {
  const rules = compareOperands(left, right, scope);
  const { answers, agent } = identify(right.seen);
  const ruleOf = rulesMadeBy(right.plan ?? answers[0]?.plan ?? agentRules(agent));
  const chains = rules.tables.flatMap((table) =>
    table.chains.map((chain): CountedChain => ({ ...chain, left: rulesAsRead(rules.left, chain), right: rulesAsRead(rules.right, chain) })),
  );
  const counted = compareCounters(chains).map((one): ExplainedRule => {
    const because = ruleOf(one)?.because;
    return because === undefined ? one : { ...one, because };
  });
  const uncounted = (['left', 'right'] as const).filter((operand) => hidesCounters(rules[operand]));
  return { rules, counted, uncounted };
}

/** Whether it is known that nothing was counted between the two, of rules that are the same. */
export function isUncounted({ rules, counted }: CounterComparison): boolean {
  return isKnownSame(rules) && counted.every((one) => one.kind === 'counted' && one.packets === 0n && !one.about && !one.atLeast);
}

/** The rules as they were read: the comparison itself is of normal forms, which have no counters. */
function rulesAsRead(
  { kept }: ComparedOperand,
  { family, table, chain }: Pick<CountedChain, 'family' | 'table' | 'chain'>,
): readonly Rule[] {
  return chainIn(kept[family], table, chain)?.rules ?? [];
}

function hidesCounters({ kept }: ComparedOperand): boolean {
  const rules = rulesOfBoth(kept);
  return rules.length > 0 && rules.every((rule) => knownCounters(rule) === undefined);
}
