/** A call as it was parsed, in words that can be typed once more. */

import { SOURCE_OPTIONS } from '../live-options.ts';
import type { Parsed } from '../options.ts';

/** What a command looks at: options that mean the same in each that has them. */
const SUBJECT = Object.keys(SOURCE_OPTIONS);

/** How an answer is printed is no part of what was asked. */
const FORM_ALONE = ['output', 'color', 'no-color'];

/** An operand that was given; undefined where it was left out. */
export function operandOf(parsed: Parsed, name: string): string | undefined {
  const value = [parsed[name] ?? []].flat().map(String).at(-1);
  return value === undefined ? undefined : value === '' ? '-' : value;
}

/** All of an operand that may be several. */
export function allOperands(parsed: Parsed, name: string): readonly string[] {
  return [parsed[name] ?? []].flat().map((value: unknown) => (value === '' ? '-' : String(value)));
}

/** Remembers what an operand turned out to be, a pipe that nobody named among it: what to ask next names it. */
export function rememberOperands(parsed: Parsed, operands: Readonly<Record<string, string | readonly string[] | undefined>>): void {
  Object.assign(parsed, operands);
}

/** The options that say what was looked at, and the words behind `--`. */
export function subjectWords(parsed: Parsed): readonly string[] {
  return [...SUBJECT.flatMap((name) => optionWords(parsed, name)), ...argumentWords(parsed)];
}

/** Every option that was given, and the words behind `--`; `except` are names that are left out. */
export function givenWords(parsed: Parsed, except: readonly string[]): readonly string[] {
  // Beside each name yargs has its alias, of one letter, and its twin without dashes.
  const names = Object.keys(parsed).filter((name) => /^[a-z][a-z0-9-]+$/.test(name) && ![...FORM_ALONE, ...except].includes(name));
  return [...names.flatMap((name) => optionWords(parsed, name)), ...argumentWords(parsed)];
}

function optionWords(parsed: Parsed, name: string): readonly string[] {
  return [parsed[name] ?? []].flat().flatMap((value: unknown): readonly string[] => {
    if (typeof value === 'boolean') return value ? [`--${name}`] : [];
    const text = String(value);
    if (name === 'filename') return ['-f', text === '' ? '-' : text];
    // What begins with a dash would be an option itself, but a lone one.
    return text.startsWith('-') && text !== '-' ? [`--${name}=${text}`] : [`--${name}`, text === '' ? '-' : text];
  });
}

function argumentWords(parsed: Parsed): readonly string[] {
  return parsed['--'] === undefined ? [] : ['--', ...[parsed['--']].flat().map(String)];
}
