/** The SOURCE of a command that names none. */

import { holdsStandardInput } from '../host/standard-input.ts';
import type { SourceOptions } from './options.ts';

/** The source that was named; else standard input where it is a pipe or a file that holds something and nothing else says what to work on. */
export function implicitSource(source: string | undefined, { filename, args }: SourceOptions): string | undefined {
  if (source !== undefined || filename !== undefined || args !== undefined) return source;
  return holdsStandardInput() ? '-' : undefined;
}
