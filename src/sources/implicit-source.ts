/** The SOURCE of a command that names none. */

import { holdsStandardInput } from '../host/standard-input.ts';
import { kindOfFile } from './kind-of-file.ts';
import type { SourceOptions } from './options.ts';
import { isPrefixed, parseSource } from './source-name.ts';

/** The source that was named; else standard input where it is a pipe or a file that holds something and nothing else says what to work on. */
export function implicitSource(
  source: string | undefined,
  { filename, args }: Pick<SourceOptions, 'filename' | 'args'>,
): string | undefined {
  if (source !== undefined || filename !== undefined || args !== undefined) return source;
  return holdsStandardInput() ? '-' : undefined;
}

/** Whether a word stands for something to work on: standard input, a namespace, a release, a command, or a file that is there. */
export function isSource(word: string): boolean {
  if (word === '-' || isPrefixed(word)) return true;
  const name = parseSource(word);
  return name.kind === 'file' && kindOfFile(name.file) !== undefined;
}
