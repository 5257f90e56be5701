/** What the user named, as streams of bytes. */

import { createReadStream, readFileSync, statSync } from 'node:fs';
import type { Problem } from '../../istio/problems.ts';
import { reasonOf, unreadable } from '../failure/unreadable.ts';
import { namedPart, textOfPart } from '../page-part.ts';
import type { Walk } from './walk.ts';

export interface Input {
  /** As the user named it; `-` is standard input. */
  readonly file: string;
  /** In bytes; undefined for a pipe. */
  readonly size?: number;
  /** Whether nobody named it: it was found in a folder. */
  readonly isFound?: boolean;
  readonly open: () => AsyncIterable<Buffer>;
}

// An object that a chunk cuts in two is looked for twice.
const CHUNK = 1 << 18;

/** Files, those of folders, and `-`. */
export function inputsOf(files: Walk['files'], stdin: () => AsyncIterable<Buffer>): readonly (Input | Problem)[] {
  const named = files.map((one) => ('code' in one ? undefined : one.file));
  return files.map((one, index) => {
    if ('code' in one) return one;
    if (one.file !== '-') return inputAt(one.file, one.isFound);
    if (named.indexOf('-') < index) return unreadable('-', 'is named a second time; standard input can be read once');
    return { file: one.file, open: stdin };
  });
}

function inputAt(file: string, isFound: boolean): Input | Problem {
  const named = namedPart(file);
  if (named !== undefined) return { file, open: () => readPart(named) };
  try {
    const stat = statSync(file);
    const open = (): AsyncIterable<Buffer> => readFrom(file);
    if (stat.isFile()) return { file, size: stat.size, open, isFound };
    return stat.isFIFO() ? { file, open } : unreadable(file, 'is neither a file nor a folder');
  } catch (error) {
    return unreadable(file, reasonOf(error));
  }
}

/** Throws an Error in words where the page has no such part. */
async function* readPart({ page, part }: { readonly page: string; readonly part: string }): AsyncGenerator<Buffer> {
  const read = await textOfPart(readFileSync(page, 'utf8'), part);
  if ('reason' in read) throw new Error(read.reason);
  yield Buffer.from(read.text);
}

/** Opens the file when it is read first: of thousands of files only one is open at a time. */
async function* readFrom(file: string): AsyncGenerator<Buffer> {
  yield* createReadStream(file, { highWaterMark: CHUNK });
}
