/** `--fail-on`: the least severity that makes the exit code 1. */

import type { LintReport } from '../../istio/advice/lint/collect.ts';
import { SEVERITIES } from '../../istio/advice/lint/collect.ts';
import { badOption, oneOf } from '../../istio/bad-option.ts';
import type { Severity } from '../../istio/problems.ts';
import { quoted } from '../../istio/problems.ts';

export type Threshold = Severity | 'never';

export const THRESHOLDS: readonly Threshold[] = [...SEVERITIES, 'never'];

const NAMES: readonly string[] = ['--fail-on', '--failure-threshold'];

/** Which of the option's names stands last on a command line. */
export function thresholdOption(words: readonly string[]): string {
  return words.map((word) => word.replace(/=.*$/s, '')).findLast((word) => NAMES.includes(word)) ?? '--fail-on';
}

/** Throws a ProblemError for a word that is no severity; one that is the beginning of one, as `warn`, is near enough to name it. */
export function thresholdOf(option: string, word: string): Threshold {
  const begun = THRESHOLDS.find((threshold) => word.length > 1 && threshold !== word && threshold.startsWith(word.toLowerCase()));
  if (begun === undefined) return oneOf(option, word, THRESHOLDS);
  throw badOption(option, `${quoted(word)} is not one of ${THRESHOLDS.join(', ')} (did you mean ${begun}?)`);
}

/** Whether something was found that is as bad as the threshold, or worse. */
export function reaches({ results, unlisted }: LintReport, threshold: Threshold): boolean {
  if (threshold === 'never') return false;
  const least = SEVERITIES.indexOf(threshold);
  return [...results, ...unlisted].some(({ severity }) => SEVERITIES.indexOf(severity) <= least);
}
