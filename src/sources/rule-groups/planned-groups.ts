import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { PlannedInjection } from '../../istio/kubernetes/rule-groups/planner.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import { groupsOf } from '../../istio/kubernetes/rule-groups.ts';
import type { InjectionRequest } from '../../istio/kubernetes/workload-injection.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { SourceOptions } from '../options.ts';
import type { PlanOptions } from '../plan-input/input.ts';
import { factsOf } from '../plan-input.ts';
import { grouped, workloadsText } from '../workloads/counts.ts';
import { injectionRequest } from '../workloads/injection-request.ts';
import type { WorkloadOption } from '../workloads/option.ts';
import { outcomeProblems, remarksOf } from '../workloads/remarks.ts';
import { skippedNotes } from '../workloads/skipped.ts';
import type { Subject } from '../workloads/subject.ts';
import { memberOf, oncePerFingerprint, placedSubject, subjectPlanner } from '../workloads/subject.ts';
import { countOf } from '../workloads/workload-stream.ts';
import type { SelectedWorkloads } from './selected.ts';
import { readSelected } from './selected.ts';

export interface PlannedGroups extends SelectedWorkloads {
  /** What was requested: it can be read once. */
  readonly request: InjectionRequest;
  readonly facts: Facts;
  readonly groups: readonly PlannedGroup[];
  /** Sentences for standard error, beside an output. */
  readonly notes: (output: string) => readonly string[];
}

export interface PlannedGroup extends Group<Outcome> {
  /** The first of its members. */
  readonly subject: Subject;
}

/** What the members of a group have in common, as a text. */
type KeyOf = (subject: Subject, planned: PlannedInjection, facts: Facts) => string;

/** Plans each workload as it was injected, or as the options ask, and groups them by their rules, or by more than these. Throws a ProblemError. */
export async function plannedGroups(
  given: SourceOptions & WorkloadOption & Pick<PlanOptions, 'placeholder'>,
  keyOf: KeyOf = (_, { number }) => String(number),
): Promise<PlannedGroups> {
  const request = await injectionRequest(given);
  const facts = await factsOf(given);
  const options = { facts, sets: given.sets, numbering: numbering(), unknownServers: given.placeholder === 'unknown' };
  const planner = oncePerFingerprint(subjectPlanner(request, options));
  const groups = groupsOf<{ readonly outcome: Outcome; readonly subject: Subject }>();
  const remarks = remarksOf();
  const ruleSets = new Set<number>();
  let computed = 0;
  const selected = await readSelected(
    given,
    request.mesh,
    (subject) => {
      const planned = planner(subject);
      const what = (): { readonly outcome: Outcome; readonly subject: Subject } => ({
        outcome: planned.outcome,
        subject: placedSubject(subject),
      });
      groups.add(keyOf(subject, planned, facts), what, memberOf(subject, planned));
      if (planned.outcome.kind === 'rules') ruleSets.add(planned.number);
      remarks.add(countOf(subject), outcomeProblems(planned.outcome), planned.problems);
      if (!planned.found && planned.outcome.kind !== 'trouble' && subject.kind === 'workload') computed += countOf(subject);
    },
    { folds: true },
  );
  const sorted = groups.sorted().map(({ what: { outcome, subject }, ...tally }): PlannedGroup => ({ ...tally, what: outcome, subject }));
  const sets = ruleSets.size;
  const total = `${workloadsText(selected.count)}, ${grouped(sets)} rule set${sets === 1 ? '' : 's'}`;
  const chart = given.manifests?.values.length === 0 ? ', with the values of the chart (--values takes those of the mesh)' : '';
  const injected = computed === 0 ? [] : [`note: ${workloadsText(computed)}: shown as they would be injected${chart}`];
  return {
    ...selected,
    request,
    facts,
    groups: sorted,
    notes: (output) => [`note: ${total}`, ...injected, ...skippedNotes(selected), ...remarks.notes(output)],
  };
}

/** A part that could not be read is trouble, whatever the rest says. */
export function hasErrors({ problems }: SelectedWorkloads): boolean {
  return problems.some(({ severity }) => severity === 'error');
}
