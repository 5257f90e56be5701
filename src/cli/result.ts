/** What a command says: data on standard output, talk on standard error, and the exit code. */

import { oneOf } from '../istio/bad-option.ts';
import type { Problem } from '../istio/problems.ts';
import { ProblemError } from '../istio/problems.ts';
import { printable } from '../netfilter/printable.ts';
import type { NextCommand } from './next/next-command.ts';
import { nextSteps } from './next/next-steps.ts';
import { nextText } from './next/next-text.ts';
import type { Paint } from './terminal/color.ts';
import { COLOR_WORDS, coloursFor, paintFor } from './terminal/color.ts';
import { columnsOf } from './terminal/columns.ts';
import { errorLine, problemLine } from './terminal/error.ts';
import { fitted, withSymbols } from './terminal/fit.ts';
import { oncePerCause } from './terminal/once-per-cause.ts';

/** A command's result; the text is data for standard output. */
export interface Result {
  readonly output: string;
  /** The form that the output has; that of `isForPeople` is fitted to the terminal, any other is data and stays as it is. */
  readonly form?: string;
  readonly problems: readonly Problem[];
  /** Sentences for standard error that are no problems. */
  readonly notes: readonly string[];
  /** What the command could not do; they stand behind the notes. */
  readonly errors?: readonly string[];
  /** What to ask next, where the answer itself says it; otherwise what follows the command. */
  readonly next?: readonly NextCommand[];
  readonly exitCode: number;
}

/** Exit code for input that can not be used. */
export const BAD_INPUT = 2;

/** Runs a command, says what it has to say, and sets the exit code of the process; of `parsed` the command's name and the options of colour count here. */
export async function finish(
  command: (paint: Paint) => Result | Promise<Result>,
  parsed: Readonly<Record<string, unknown>>,
): Promise<void> {
  const name = [parsed['_'] ?? []].flat().map(String)[0];
  try {
    const colours = coloursIn(parsed);
    const { output, form, problems, notes, errors = [], exitCode, next } = await command(paintFor(colours));
    for (const note of notes) printNote(note);
    for (const one of oncePerCause(problems)) printNote(problemLine(one, name));
    for (const one of errors) printNote(errorLine(one, name));
    process.exitCode = exitCode;
    const steps = output === '' || !isForPeople(form) ? [] : (next ?? nextSteps(name ?? '', { parsed, exitCode }));
    await write(steps.length === 0 ? output : `${output}\n${nextText(steps)}`, form, colours);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    for (const one of oncePerCause(error.problems)) printNote(problemLine(one, name));
    process.exitCode = BAD_INPUT;
  }
}

/** Throws a ProblemError for a word that `--color` does not take; the last one counts. */
function coloursIn(parsed: Readonly<Record<string, unknown>>): boolean {
  const word = [parsed['color'] ?? 'auto'].flat().map(String).at(-1) ?? 'auto';
  return coloursFor(process.stdout, process.env, parsed['no-color'] === true ? 'never' : oneOf('--color', word, COLOR_WORDS));
}

/** A sentence for standard error. */
export function printNote(line: string): void {
  process.stderr.write(`${fitted(printable(line), columnsOf(process.stderr, process.env))}\n`);
}

/** Writes all of it before the process may end; a reader that has gone away is no error. No text from outside reaches a terminal as it is. */
export function write(text: string, form?: string, colours = false): Promise<void> {
  const clean = printable(text, { colours, windows: form === 'patch' });
  const printed = isForPeople(form)
    ? withSymbols(fitted(clean, columnsOf(process.stdout, process.env)), process.stdout, process.env)
    : clean;
  return new Promise((resolve) => {
    process.stdout.write(printed, () => resolve());
  });
}

function isForPeople(form: string | undefined): boolean {
  return form === 'text' || form === 'table';
}
