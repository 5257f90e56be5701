/** Files that can't be read, in a person's words. */

import type { Problem } from '../../istio/problems.ts';
import { problem } from '../../istio/problems.ts';

export function unreadable(file: string, reason: string): Problem {
  return problem('unreadable-file', { kind: 'file', file: file === '' ? '""' : file, line: 0, column: 0 }, { reason });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
  ELOOP: 'is a loop of symbolic links',
  ENOTDIR: 'is no path: a part of it is not a folder',
  EISDIR: 'is a folder',
  ENAMETOOLONG: 'is too long a name',
  EIO: 'can not be read to its end: the device failed',
};

/** Why the system refused. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? `can not be read (${code === '' ? String(error) : code})`;
}
