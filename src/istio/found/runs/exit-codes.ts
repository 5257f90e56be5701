/** What an exit code tells where nothing else is said: of shells, container runtimes and signals (128 and the signal's number). */

import type { Cause, FailureSign } from './failure-signs.ts';

interface ExitCode {
  readonly code: number;
  /** The only container of which it says so. */
  readonly of?: string;
  readonly means: Cause;
}

// The first row that fits counts. The validation of rules ends with 126, whether istio-validation or `--run-validation` does it.
const EXIT_CODES: readonly ExitCode[] = [
  { code: 126, of: 'istio-init', means: 'may-not-execute' },
  { code: 126, means: 'not-validated' },
  { code: 127, means: 'image' },
  { code: 132, means: 'crashed' },
  { code: 134, means: 'crashed' },
  { code: 135, means: 'crashed' },
  { code: 137, means: 'killed' },
  { code: 139, means: 'crashed' },
  // SIGSYS: seccomp.
  { code: 159, means: 'not-permitted' },
];

/** The cause; undefined for a code that tells none. */
export function causeOfExit(code: number, container: string): Cause | undefined {
  return EXIT_CODES.find((row) => row.code === code && (row.of === undefined || row.of === container))?.means;
}

/** The same as signs of a log: looked for behind all others, for what a program said of itself tells more. */
export const EXIT_SIGNS: readonly FailureSign[] = EXIT_CODES.map(({ code, of, means }) => ({
  pattern: new RegExp(
    `${of === undefined ? '' : `\\b${of}\\b.{0,200}`}\\b(?:exit(?:ed)?(?: with)?(?: code| status)?|exitCode"?|Exit Code|terminated with)[:=]? *${code}\\b`,
  ),
  means,
  since: 'shells, container runtimes, signals',
}));
