/** What a conformance run found. */

import type { CaseOutcome, GoldenCase } from '../../istio/found/conformance/golden-case.ts';
import type { Deviation, JudgedRun, ReleaseScore } from '../../istio/found/conformance/judge.ts';
import type { StateDifferences } from './state-differences.ts';

export interface ReportedDeviation extends Deviation {
  readonly differences: StateDifferences;
}

export interface ConformReport {
  /** The program as it was named. */
  readonly program: readonly string[];
  readonly runs: readonly JudgedRun[];
  readonly scores: readonly ReleaseScore[];
  /** The releases that it comes nearest to, or the one that was asked for; the last one is what deviations are from. */
  readonly nearest: readonly ReleaseScore[];
  /** Whether a release was asked for. */
  readonly isGiven: boolean;
  readonly deviations: readonly ReportedDeviation[];
}

/** `value-b-comma, nft`; the release whose rules were there before, where a case has several. */
export function runName({ golden, outcomes }: Pick<JudgedRun, 'golden' | 'outcomes'>): string {
  const several = golden.outcomes.length > outcomes.length && new Set(golden.outcomes.map(beforeText)).size > 1;
  return `${golden.name}, ${golden.backend}${several ? `, over what ${outcomes[0]?.releases[0]} found` : ''}`;
}

function beforeText({ before }: CaseOutcome): string {
  return JSON.stringify(before);
}

/** How the runs of each backend compare with a release: `nft 288 of 289 equal`. */
export function byBackend({ runs, deviations }: ConformReport, release: string): readonly BackendScore[] {
  const counts = new Map<GoldenCase['backend'], { compared: number; equal: number }>();
  const different = new Set(deviations.map(({ result }) => result));
  for (const { golden, outcomes, result } of runs) {
    if (!outcomes.some(({ releases }) => releases.includes(release))) continue;
    const count = counts.get(golden.backend) ?? { compared: 0, equal: 0 };
    counts.set(golden.backend, { compared: count.compared + 1, equal: count.equal + (different.has(result) ? 0 : 1) });
  }
  return [...counts].map(([backend, count]) => ({ backend, ...count }));
}

interface BackendScore {
  readonly backend: GoldenCase['backend'];
  readonly compared: number;
  readonly equal: number;
}

/** How the ends of a run differ: `exit code 0, Istio's is another than 0 and 126`; undefined where they don't. */
export function exitText({ result, expected }: Deviation): string | undefined {
  if (result.exit === expected.exit) return undefined;
  const istio = { done: '0', 'not redirected': '126', failed: 'neither 0 nor 126' }[expected.exit];
  return `exit code ${result.code}, where Istio's is ${istio}`;
}
