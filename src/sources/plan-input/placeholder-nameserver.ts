/** Inputs whose rules name the pod's nameservers, where these are not known. */

import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Made } from '../../istio/plan/unknown-nameservers.ts';
import { blurred, withPlaceholder } from '../../istio/plan/unknown-nameservers.ts';
import { problemText } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { PlanInput } from './input.ts';

/** Makes a plan; where nothing but the nameservers is missing and `allowed` says so, with a stand-in for them. */
export function madeWith<P extends CapturePlan | undefined>(
  facts: Facts,
  allowed: boolean | 'unknown',
  make: (facts: Facts) => P,
): Made<P> {
  return allowed === false ? { plan: make(facts), facts } : withPlaceholder(facts, make);
}

/** Such a plan to follow packets through: whether one goes to a nameserver nobody knows, and all else is known. Other inputs as they are. */
export function inputWithUnknownServers(input: PlanInput): PlanInput {
  if (input.missing === undefined) return input;
  const { facts, plan, missing } = input;
  const { nameservers: _, ...known } = facts;
  return { ...input, facts: known, plan: blurred(plan, missing) };
}

/** What such a plan does not tell, for standard error. */
export function unknownServersNotes({ missing = [] }: Pick<CapturePlan, 'missing'>): readonly string[] {
  return missing.map((problem) => `note: ${problemText(problem)}; without them nothing is known of DNS`);
}
