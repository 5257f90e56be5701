import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import type { Problem } from '../../istio/problems.ts';
import type { SourceOptions } from '../options.ts';
import { refuseArgumentsBeside } from '../plan-input.ts';
import { noneFound } from '../workloads/none-found.ts';
import type { WorkloadOption } from '../workloads/option.ts';
import { choiceOf } from '../workloads/selection.ts';
import type { PassedOver } from '../workloads/skipped.ts';
import type { Passed } from '../workloads/stream.ts';
import type { Subject } from '../workloads/subject.ts';
import { placedSubject } from '../workloads/subject.ts';
import { forEachWorkload } from '../workloads/workload-stream.ts';

export interface SelectedWorkloads extends PassedOver {
  /** How many there were. */
  readonly count: number;
  /** The only one. */
  readonly only?: Subject;
  /** What could not be read. */
  readonly problems: readonly Problem[];
  /** What could not be read beside those that were chosen. */
  readonly besides?: readonly Problem[];
}

/** Shows every subject to `visit`, or those that are chosen; `folds`: once those that differ in their names alone. Throws a ProblemError where there is none. */
export async function readSelected(
  given: SourceOptions & WorkloadOption,
  mesh: Mesh,
  visit: (subject: Subject) => void,
  { folds = false }: { readonly folds?: boolean } = {},
): Promise<SelectedWorkloads> {
  refuseArgumentsBeside(given);
  const { manifests, workload } = given;
  const files = manifests?.filenames ?? [];
  const passed: Passed = { skipped: new Map(), problems: [...mesh.problems] };
  const choice = workload === undefined ? undefined : choiceOf(workload);
  let first: Subject | undefined;
  const count = await forEachWorkload(
    files,
    mesh,
    passed,
    (subject) => {
      first ??= placedSubject(subject);
      if (choice === undefined) visit(subject);
      else choice.offer(subject);
    },
    { ...given, ...(folds && choice === undefined && { folds: () => true }) },
  );
  if (count === 0) throw noneFound(files.join(' '), passed);
  if (choice !== undefined) {
    const chosen = choice.chosen(files.join(' '));
    for (const one of chosen) visit(one);
    const [only, another] = chosen;
    // What is broken elsewhere is no matter of those that were requested.
    const rest = { skipped: new Map(), problems: [...mesh.problems], besides: passed.problems.slice(mesh.problems.length) };
    return { count: chosen.length, ...(only === undefined || another !== undefined ? {} : { only }), ...rest };
  }
  return { count, ...(count > 1 || first === undefined ? {} : { only: first }), ...passed };
}
