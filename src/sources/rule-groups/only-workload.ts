import { withProblems } from '../../istio/plan/plan.ts';
import { ProblemError } from '../../istio/problems.ts';
import { observeAll } from '../../netfilter/observation.ts';
import type { SourceOptions } from '../options.ts';
import { containerLinesOf } from '../plan-input/init-containers.ts';
import type { PlanOptions } from '../plan-input/input.ts';
import { planOfSubject } from '../plan-input/manifests.ts';
import { inputWithUnknownServers } from '../plan-input/placeholder-nameserver.ts';
import type { RuleSource } from '../rule-source.ts';
import { skippedNotes } from '../workloads/skipped.ts';
import type { PlannedGroups } from './planned-groups.ts';
import { hasErrors } from './planned-groups.ts';

/** The side of the only workload; undefined where there are several. Throws a ProblemError where nothing can be said of it. */
export function onlyWorkload(found: PlannedGroups, given: SourceOptions & Pick<PlanOptions, 'placeholder'>): RuleSource | undefined {
  if (found.only === undefined) return undefined;
  // What is broken may be what was meant.
  if (hasErrors(found)) throw new ProblemError(found.problems);
  const { plan, notes, basis } = inputWithUnknownServers(planOfSubject(found.only, found.request, given, found.facts));
  const whole = withProblems(plan, found.problems);
  return {
    name: `Istio ${plan.release}`,
    seen: observeAll(whole),
    plan: whole,
    problems: whole.problems,
    notes: [...notes, ...skippedNotes(found)],
    ...(basis.kind === 'workload' ? { containers: containerLinesOf(basis) } : {}),
  };
}
