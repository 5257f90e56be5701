/** Many runs of a program, some at once. */

import type { CaseRun, JudgedRun } from '../../istio/found/conformance/judge.ts';
import { EMPTY_STATE } from '../../istio/found/conformance/kernel-state.ts';
import { requireLinux } from '../namespace/namespace.ts';
import type { Programs } from '../run.ts';
import type { PodRun } from './pod-run.ts';
import { openPodSetting, searchPaths } from './pod-run.ts';

/** Runs the program once for each of the runs, in their order. Throws an Error in words where pods can't be made. */
export async function runAll(
  start: Pick<PodRun, 'program' | 'env' | 'deadline'>,
  runs: readonly CaseRun[],
  programs: Programs,
  { atOnce, done }: { readonly atOnce: number; readonly done: (count: number) => void },
): Promise<readonly JudgedRun[]> {
  requireLinux();
  if (process.geteuid?.() !== 0) throw new Error('only root can make pods to run it in; run with sudo');
  const paths = searchPaths();
  const judged: JudgedRun[] = [];
  const waiting = runs.entries();
  let count = 0;
  const work = async (): Promise<void> => {
    const setting = await openPodSetting(paths, programs);
    try {
      for (const [at, run] of waiting) {
        const before = run.outcomes[0]?.before ?? EMPTY_STATE;
        judged[at] = { ...run, result: await setting.run({ ...start, golden: run.golden, before }) };
        count += 1;
        done(count);
      }
    } finally {
      await setting.close();
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, work));
    return judged;
  } finally {
    paths.remove();
  }
}
