/** All that `-f` holds, one after another, with a bar beside. */

import type { Mesh } from '../../istio/mesh/mesh.ts';
import type { Problem } from '../../istio/problems.ts';
import type { SettingsGiven } from '../options.ts';
import { choiceOf } from '../plan-input/choice.ts';
import { badOption } from '../talk.ts';
import type { WorkloadGiven } from './choose.ts';
import { nothingFound } from './nothing.ts';
import { progressFor } from './progress.ts';
import type { Passed } from './stream.ts';
import { workloadsOf } from './stream.ts';
import type { Subject } from './subject.ts';

export interface Gathered {
  /** How many there were. */
  readonly count: number;
  /** The only one. */
  readonly only?: Subject;
  readonly skipped: ReadonlyMap<string, number>;
  /** What could not be read. */
  readonly problems: readonly Problem[];
}

/** Shows every subject to `visit`, or the one that is chosen. Throws a ProblemError where there is none. */
export async function gather(
  { manifests, args, env, envFile, workload: wanted }: SettingsGiven & WorkloadGiven,
  mesh: Mesh,
  visit: (subject: Subject) => void,
): Promise<Gathered> {
  if (args !== undefined) throw badOption('--', 'arguments and settings (-f, --set) do not go together');
  if (env.length > 0 || envFile !== undefined) throw badOption('--env', 'goes with arguments after --');
  const files = manifests?.filenames ?? [];
  const passed: Passed = { skipped: new Map(), problems: [...mesh.problems] };
  const bar = progressFor(process.stderr, process.env, () => performance.now());
  const choice = wanted === undefined ? undefined : choiceOf(wanted);
  let count = 0;
  let first: Subject | undefined;
  try {
    for await (const subject of workloadsOf(files, mesh, passed, (read) => bar.update(read, count))) {
      count += 1;
      first = count === 1 ? subject : undefined;
      if (choice === undefined) visit(subject);
      else choice.look(subject);
    }
  } finally {
    bar.clear();
  }
  if (count === 0) throw nothingFound(files.join(' '), passed);
  if (choice !== undefined) {
    const chosen = choice.chosen(files.join(' '));
    visit(chosen);
    // What is broken elsewhere is no matter of the one that was asked for.
    return { count: 1, only: chosen, skipped: new Map(), problems: [...mesh.problems] };
  }
  return { count, ...(first === undefined ? {} : { only: first }), ...passed };
}
