/** The problem that an option makes. */

import type { Origin } from './origin.ts';
import { messageOf, nearest, ProblemError, problem, quoted } from './problems.ts';

/** Stops a command with one line about an option. */
export function badOption(option: string, reason: string): ProblemError {
  return new ProblemError([problem('bad-option', { kind: 'option', option }, { reason })]);
}

/** What kept an option from being used, as a problem of it; what is a problem already stays that. */
export function unusable(option: string, error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  return badOption(option, messageOf(error));
}

/** The one of these words that an option gave; `read` is what of its word counts. Throws a ProblemError for any other. */
export function oneOf<W extends string>(option: string, word: string, words: readonly W[], read = word): W {
  const found = words.find((candidate) => candidate === read);
  if (found === undefined) throw badOption(option, `${quoted(word)} is not one of ${words.join(', ')}${nearest(word, words)}`);
  return found;
}

/** Stops a command with one line about a place in a file. */
export function badText(source: Origin, reason: string): ProblemError {
  return new ProblemError([{ ...problem('rules-text', source, { reason }), severity: 'error' }]);
}
