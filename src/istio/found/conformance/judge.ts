/** Runs of golden cases held to the releases: which one a program equals, and where it differs from one. */

import type { Release } from '../../releases/known.ts';
import { position } from '../../releases/known.ts';
import type { CaseOutcome, ExitClass, GoldenCase } from './golden-case.ts';
import type { KernelState } from './kernel-state.ts';
import { isSameState } from './kernel-state.ts';

/** What a program did with a case. */
export interface RunResult {
  readonly code: number | undefined;
  readonly exit: ExitClass;
  readonly after: KernelState;
  /** Its last lines on standard error. */
  readonly message: string;
}

/** A run, for the outcomes of a case that begin with the same state. */
export interface CaseRun {
  readonly golden: GoldenCase;
  readonly outcomes: readonly CaseOutcome[];
}

/** The runs that a case takes: releases of which each begins with the rules of its own are runs of their own. */
export function runsOf(golden: GoldenCase): readonly CaseRun[] {
  const runs = new Map<string, CaseOutcome[]>();
  for (const outcome of golden.outcomes) {
    const key = JSON.stringify(outcome.before);
    runs.set(key, [...(runs.get(key) ?? []), outcome]);
  }
  return [...runs.values()].map((outcomes) => ({ golden, outcomes }));
}

/** Whether a run ended as an outcome says. */
export function isEqual({ exit, after }: RunResult, outcome: CaseOutcome): boolean {
  return exit === outcome.exit && (outcome.after === undefined || isSameState(after, outcome.after));
}

export interface JudgedRun extends CaseRun {
  readonly result: RunResult;
}

/** How a program compares with one release. */
export interface ReleaseScore {
  readonly release: Release;
  readonly compared: number;
  readonly equal: number;
}

/** The scores of all releases that the cases know, oldest first. */
export function scoresOf(runs: readonly JudgedRun[]): readonly ReleaseScore[] {
  const scores = new Map<Release, { compared: number; equal: number }>();
  for (const { outcomes, result } of runs) {
    for (const outcome of outcomes) {
      const equal = isEqual(result, outcome) ? 1 : 0;
      for (const release of outcome.releases) {
        const score = scores.get(release) ?? { compared: 0, equal: 0 };
        scores.set(release, { compared: score.compared + 1, equal: score.equal + equal });
      }
    }
  }
  return [...scores]
    .map(([release, score]) => ({ release, ...score }))
    .toSorted((one, other) => position(one.release) - position(other.release));
}

/** The releases that a program comes nearest to: the least part of cases that differ, and of those the most cases. Newest last. */
export function nearestOf(scores: readonly ReleaseScore[]): readonly ReleaseScore[] {
  const differs = ({ compared, equal }: ReleaseScore): number => (compared - equal) / compared;
  const least = Math.min(...scores.map(differs));
  const nearest = scores.filter((score) => differs(score) === least);
  const most = Math.max(...nearest.map(({ compared }) => compared));
  return nearest.filter(({ compared }) => compared === most);
}

/** A run that is not what a release makes, with what that is. */
export interface Deviation extends JudgedRun {
  readonly expected: CaseOutcome;
}

/** Where a program differs from a release. */
export function deviationsFrom(release: Release, runs: readonly JudgedRun[]): readonly Deviation[] {
  return runs.flatMap((run) => {
    const expected = run.outcomes.find(({ releases }) => releases.includes(release));
    return expected === undefined || isEqual(run.result, expected) ? [] : [{ ...run, expected }];
  });
}
