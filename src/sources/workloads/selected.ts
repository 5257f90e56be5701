import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import type { Problem } from '../../istio/problems.ts';
import type { SourceOptions, WorkloadOption } from '../options.ts';
import { refuseArgumentsBeside } from '../plan-input.ts';
import { eachWorkload } from './each-workload.ts';
import { noneFound } from './none-found.ts';
import { choiceOf } from './selection.ts';
import type { Passed } from './stream.ts';
import type { Subject } from './subject.ts';

export interface SelectedWorkloads {
  /** How many there were. */
  readonly count: number;
  /** The only one. */
  readonly only?: Subject;
  readonly skipped: ReadonlyMap<string, number>;
  /** What could not be read. */
  readonly problems: readonly Problem[];
}

/** Shows every subject to `visit`, or the one that is chosen. Throws a ProblemError where there is none. */
export async function readSelected(
  given: SourceOptions & WorkloadOption,
  mesh: Mesh,
  visit: (subject: Subject) => void,
): Promise<SelectedWorkloads> {
  refuseArgumentsBeside(given);
  const { manifests, workload, progress } = given;
  const files = manifests?.filenames ?? [];
  const passed: Passed = { skipped: new Map(), problems: [...mesh.problems] };
  const choice = workload === undefined ? undefined : choiceOf(workload);
  let first: Subject | undefined;
  const count = await eachWorkload(
    files,
    mesh,
    passed,
    (subject) => {
      first ??= subject;
      if (choice === undefined) visit(subject);
      else choice.offer(subject);
    },
    progress,
  );
  if (count === 0) throw noneFound(files.join(' '), passed);
  if (choice !== undefined) {
    const chosen = choice.chosen(files.join(' '));
    visit(chosen);
    // What is broken elsewhere is no matter of the one that was requested.
    return { count: 1, only: chosen, skipped: new Map(), problems: [...mesh.problems] };
  }
  return { count, ...(count > 1 || first === undefined ? {} : { only: first }), ...passed };
}
