/** Which rules of a plan are not there, for a probe that failed: where the rules may be read. */

import { unreadRules } from '../../istio/found/doubts.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { compareRulesets } from '../../netfilter/compare.ts';
import { printRule } from '../../netfilter/print.ts';
import { touches } from '../../netfilter/unseen.ts';
import type { Target } from '../namespace/namespace.ts';
import type { Effects } from './apply.ts';
import { applyPlan } from './apply.ts';
import { placeText } from './trusted.ts';

/** Lines that name them, and what could not be read; one line where no rule can be read, or nothing is missing. */
export async function missingRules(plan: CapturePlan, target: Target = { kind: 'here' }, effects?: Effects): Promise<readonly string[]> {
  const { ours, failures, unseen } = await applyPlan(target, plan, { dryRun: true, host: true }, effects);
  if (ours === undefined) return [`which rule is missing is unknown: ${failures[0]?.text ?? 'the rules can not be read'}`];
  const notRead = unreadRules({ unseen });
  const missing = compareRulesets([plan.ip, plan.ip6], [ours.ip, ours.ip6]).flatMap((difference) =>
    (difference.kind === 'missing' || difference.kind === 'changed') && !notRead.some((one) => touches(one, difference))
      ? [
          `missing in ${difference.family === 'ip' ? 'IPv4' : 'IPv6'} ${difference.table}: -A ${difference.chain} ${difference.left.rule.text ?? printRule(difference.left.rule)}`,
        ]
      : [],
  );
  const doubts = notRead.map((one) => `not read, so that the rules of the plan may be there or not: ${placeText(one)}`);
  return missing.length + doubts.length > 0 ? [...missing, ...doubts] : ['all rules of the plan are there: something else is in the way'];
}
