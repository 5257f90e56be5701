/** Files and standard input to text; what can't be read is a problem with the file's name. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../istio/problems.ts';
import { problem } from '../istio/problems.ts';

export interface TextFile {
  /** As the user named it; `-` is standard input. */
  readonly file: string;
  readonly text: string;
}

const STDIN = 0;
const MANIFEST = /\.(ya?ml|json)$/;

/** The text of a file, of standard input (`-`), or of every manifest in a folder. */
export function readTexts(file: string): readonly TextFile[] | Problem {
  try {
    if (file === '-') return checked('-', readFileSync(STDIN));
    const stat = statSync(file);
    if (stat.isDirectory()) return readFolder(file);
    if (!stat.isFile() && !stat.isFIFO()) return unreadable(file, 'is neither a file nor a folder');
    return checked(file, readFileSync(file));
  } catch (error) {
    return unreadable(file, reasonOf(error));
  }
}

function readFolder(folder: string): readonly TextFile[] | Problem {
  const names = readdirSync(folder)
    .filter((name) => MANIFEST.test(name))
    .sort();
  if (names.length === 0) return unreadable(folder, 'holds no manifest (*.yaml, *.yml, *.json)');
  const texts: TextFile[] = [];
  for (const name of names) {
    const read = readTexts(join(folder, name));
    if ('code' in read) return read;
    texts.push(...read);
  }
  return texts;
}

function checked(file: string, bytes: Buffer): readonly TextFile[] | Problem {
  if (bytes.length === 0) return unreadable(file, 'is empty');
  // A zero byte is in no text that is read here; UTF-16 has one at every second place.
  if (bytes.subarray(0, 65536).includes(0)) return unreadable(file, 'is binary, not text');
  return [{ file, text: bytes.toString('utf8') }];
}

function unreadable(file: string, reason: string): Problem {
  return problem('unreadable-file', { kind: 'file', file: file === '' ? '""' : file, line: 0, column: 0 }, { reason });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read',
  ELOOP: 'is a loop of symbolic links',
  ENOTDIR: 'is no path: a part of it is not a folder',
  EISDIR: 'is a folder',
  ENAMETOOLONG: 'is too long a name',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return REASONS[code] ?? `can not be read (${code === '' ? String(error) : code})`;
}
