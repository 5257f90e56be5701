/** What a command says: data on standard output, talk on standard error, and the exit code. */

import type { Problem } from '../../istio/problems.ts';
import { formatProblem, ProblemError } from '../../istio/problems.ts';
import { printable } from '../../netfilter/printable.ts';

/** A command's result; the text is data for standard output. */
export interface Result {
  readonly output: string;
  readonly problems: readonly Problem[];
  /** Sentences for standard error that are no problems. */
  readonly notes: readonly string[];
  readonly exitCode: number;
}

/** Exit code for input that can not be used. */
export const BAD_INPUT = 2;

/** Runs a command, says what it has to say, and sets the exit code of the process. */
export async function finish(command: () => Result | Promise<Result>): Promise<void> {
  try {
    const { output, problems, notes, exitCode } = await command();
    for (const note of notes) say(note);
    for (const one of problems) say(formatProblem(one));
    process.exitCode = exitCode;
    await write(output);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    for (const one of error.problems) say(formatProblem(one));
    process.exitCode = BAD_INPUT;
  }
}

function say(line: string): void {
  process.stderr.write(`${printable(line)}\n`);
}

/** Writes all of it before the process may end; a reader that has gone away is no error. No text from outside reaches a terminal as it is. */
export function write(text: string): Promise<void> {
  return new Promise((resolve) => {
    process.stdout.write(printable(text, { colours: process.stdout.isTTY === true }), () => resolve());
  });
}
