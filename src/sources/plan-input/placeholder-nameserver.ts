/** Plans of settings whose rules name the pod's nameservers, where these are not known. */

import type { Explanation } from '../../istio/advice/explain.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';

/** No rule with it is ever shown; the address is one for documents (RFC 5737). */
const SERVER = '192.0.2.53';

export interface Made<P> {
  readonly plan: P;
  /** What the plan was made with. */
  readonly facts: Facts;
  /** Why a stand-in is among the facts. */
  readonly missing?: readonly Problem[];
}

/** Makes a plan; where nothing but the nameservers is missing and `allowed` says so, with a stand-in for them. */
export function madeWith<P extends CapturePlan | undefined>(facts: Facts, allowed: boolean, make: (facts: Facts) => P): Made<P> {
  try {
    return { plan: make(facts), facts };
  } catch (error) {
    if (!allowed || !(error instanceof ProblemError) || error.problems.some(({ code }) => code !== 'servers-unknown')) throw error;
    const known = { ...facts, nameservers: [SERVER] };
    return { plan: make(known), facts: known, missing: error.problems };
  }
}

/** An explanation of such a plan, without what is not known, and with the reason among its problems. */
export function withoutPlaceholder(explanation: Explanation, missing: readonly Problem[]): Explanation {
  const { facts, plan, rules } = explanation;
  const { nameservers: _, ...known } = facts;
  const shown = rules.filter(({ text, settings }) => !(text.includes(` ${SERVER}/32 `) && settings.includes('dns.capture')));
  return { ...explanation, facts: known, plan: { ...plan, problems: [...plan.problems, ...missing] }, rules: shown };
}
