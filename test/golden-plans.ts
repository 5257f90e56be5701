/** One plan for each golden outcome that is no refusal, made for the first release of the outcome. */

import type { CapturePlan } from '../src/istio/plan/plan.ts';
import { planFromArguments } from '../src/istio/plan/plan-from-arguments.ts';
import { printRestore } from '../src/netfilter/print.ts';
import { CASES, expand } from './golden.ts';

export interface GoldenPlan {
  /** `dns-tproxy at 1.11.0` */
  readonly name: string;
  readonly case: string;
  readonly plan: CapturePlan;
}

export const GOLDEN_PLANS: readonly GoldenPlan[] = CASES.flatMap(({ name, args, env, addresses, nameservers, outcomes }) =>
  outcomes
    .filter(({ error }) => error !== true)
    .map(({ releases }): GoldenPlan => {
      const release = expand(releases)[0] ?? '';
      return { name: `${name} at ${release}`, case: name, plan: planFromArguments(args, { env, addresses, nameservers, release }) };
    }),
);

/** Those whose restore texts no earlier one has. */
export const DISTINCT_PLANS: readonly GoldenPlan[] = [
  ...new Map(
    [...GOLDEN_PLANS].reverse().map((golden) => [`${printRestore(golden.plan.ip)}\f${printRestore(golden.plan.ip6)}`, golden]),
  ).values(),
].reverse();
