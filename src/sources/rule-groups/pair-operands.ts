/** A pair of outcomes as the two sides that a diff compares. */

import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { observeAll } from '../../netfilter/observation.ts';
import type { DiffOperand } from '../operand.ts';
import { noRulesText, releasesText } from '../workloads/group-names.ts';
import type { Pair } from './upgrade.ts';

/** Both sides of a group. Where one has no rules, it has nothing of what the other's plan makes. */
export function pairOperands({ what: { left, right, made }, ...tally }: Group<Pair>): readonly [DiffOperand, DiffOperand] {
  const of = tally.count === 1 ? ` (${tally.examples[0]?.name})` : '';
  return [
    operandOf(left, right, (plan) => `Istio ${tally.releases.size === 0 ? plan.release : releasesText(tally)}, ${made.left}${of}`),
    operandOf(right, left, (plan) => `Istio ${plan.release}, ${made.right}${of}`),
  ];
}

function operandOf(outcome: Outcome, other: Outcome, nameOf: (plan: CapturePlan) => string): DiffOperand {
  // Warnings are for `lint`: they would stand here once for each pair.
  const silent = { problems: [], notes: [] };
  if (outcome.kind === 'rules') return { name: nameOf(outcome.plan), seen: observeAll(outcome.plan), plan: outcome.plan, ...silent };
  const plan = emptyPlan(other);
  const name = outcome.kind === 'none' ? noRulesText(outcome.reason) : '';
  return { name, seen: observeAll(NO_RULESETS), ...(plan === undefined ? {} : { plan }), ...silent };
}

const NO_RULESETS = { ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] } } as const;

function emptyPlan(other: Outcome): CapturePlan | undefined {
  if (other.kind !== 'rules') return undefined;
  return { ...other.plan, ...NO_RULESETS, routing: { rules: [], routes: [], addresses: [] }, problems: [] };
}
