/** What the user named, as streams of bytes. */

import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../istio/problems.ts';
import { reasonOf, unreadable } from '../failure/unreadable.ts';
import { namedPart, textOfPart } from '../page-part.ts';

export interface Input {
  /** As the user named it; `-` is standard input. */
  readonly file: string;
  /** In bytes; undefined for a pipe. */
  readonly size?: number;
  readonly open: () => AsyncIterable<Buffer>;
}

const MANIFEST = /\.(ya?ml|json)$/;
// An object that a chunk cuts in two is looked for twice.
const CHUNK = 1 << 18;

/** Files, `-`, and the manifests that stand in folders themselves, not in folders within, as kubectl takes them. */
export function inputsOf(files: readonly string[], stdin: () => AsyncIterable<Buffer>): readonly (Input | Problem)[] {
  return files.flatMap((file, index) => {
    if (file !== '-') return inputsAt(file, inputsIn);
    if (files.indexOf('-') < index) return unreadable('-', 'is named a second time; standard input can be read once');
    return { file, open: stdin };
  });
}

function inputsAt(file: string, folder: (file: string) => readonly (Input | Problem)[]): readonly (Input | Problem)[] {
  const named = namedPart(file);
  if (named !== undefined) return [{ file, open: () => readPart(named) }];
  try {
    const stat = statSync(file);
    if (stat.isDirectory()) return folder(file);
    const open = (): AsyncIterable<Buffer> => readFrom(file);
    if (stat.isFile()) return [{ file, size: stat.size, open }];
    return [stat.isFIFO() ? { file, open } : unreadable(file, 'is neither a file nor a folder')];
  } catch (error) {
    return [unreadable(file, reasonOf(error))];
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

function inputsIn(folder: string): readonly (Input | Problem)[] {
  const names = readdirSync(folder).filter((name) => MANIFEST.test(name));
  if (names.length === 0) return [unreadable(folder, 'holds no manifest (*.yaml, *.yml, *.json)')];
  return names.sort().flatMap((name) => inputsAt(join(folder, name), () => []));
}
