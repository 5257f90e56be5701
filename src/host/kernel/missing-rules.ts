/** Which rules of a plan are not there, for a probe that failed: where the rules may be read. */

import type { CapturePlan } from '../../istio/plan/plan.ts';
import { compareRulesets } from '../../netfilter/compare.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Target } from '../namespace/namespace.ts';
import { applyPlan } from './apply.ts';

/** Lines that name them; one line where the rules can not be read, or nothing is missing. */
export async function missingRules(plan: CapturePlan, target: Target = { kind: 'here' }): Promise<readonly string[]> {
  const { ours, failures } = await applyPlan(target, plan, { dryRun: true, host: true });
  if (ours === undefined) return [`which rule is missing is unknown: ${failures[0]?.text ?? 'the rules can not be read'}`];
  const missing = compareRulesets([plan.ip, plan.ip6], [ours.ip, ours.ip6]).flatMap((difference) =>
    difference.kind === 'missing' || difference.kind === 'changed'
      ? [
          `missing in ${difference.family === 'ip' ? 'IPv4' : 'IPv6'} ${difference.table}: -A ${difference.chain} ${printRule(difference.left.rule)}`,
        ]
      : [],
  );
  return missing.length > 0 ? missing : ['all rules of the plan are there: something else is in the way'];
}
