/** Files that can't be read, in a person's words. */

import type { Problem } from '../../istio/problems.ts';
import { nearest, problem } from '../../istio/problems.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import { system } from '../system.ts';

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

const ON_THE_WEB = /^https?:\/\//i;

/** What to do about a name that is an address on the web; undefined for any other. */
export function ofTheWeb(file: string): string | undefined {
  return ON_THE_WEB.test(file)
    ? `is on the web, and nothing is fetched: curl -fsSL ${quoteForPasting(file)} | istio-init check`
    : undefined;
}

/** A file beside it that it may have been meant for, as the end of a sentence. */
export function nearestFile(file: string): string {
  if (/^v?\d+\.\d+(?:\.\d+)?$/.test(file)) return ` (did you mean the release @${file}?)`;
  const [, folder = '', base = ''] = /^(.*\/)?([^/]+)\/?$/s.exec(file) ?? [];
  try {
    // A name of another length, or that begins otherwise, is another file.
    const names = base === '' ? [] : system.namesInFolder(folder === '' ? '.' : folder);
    const near = names.filter((name) => name[0] === base[0] && Math.abs(name.length - base.length) <= 2);
    return nearest(base, near).replace('did you mean ', `did you mean ${folder}`);
  } catch {
    return '';
  }
}

/** Why the system refused; `file` is what was asked for, where a name can tell more. */
export function reasonOf(error: unknown, file = ''): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const elsewhere = code === 'ENOENT' || code === 'ENOTDIR' ? ofTheWeb(file) : undefined;
  if (elsewhere !== undefined) return elsewhere;
  if (code === 'ENOENT') return `${REASONS[code]}${nearestFile(file)}`;
  return (
    REASONS[code] ??
    `can not be read (${code === '' ? (error instanceof Error && error.name === 'Error' ? error.message : String(error)) : code})`
  );
}
