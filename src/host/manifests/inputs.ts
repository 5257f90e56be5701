/** What the user named, as streams of bytes. */

import type { Problem } from '../../istio/problems.ts';
import { reasonOf, unreadable } from '../failure/unreadable.ts';
import { readPipe } from '../files.ts';
import { namedPart, textOfPart } from '../page-part.ts';
import { system } from '../system.ts';
import { asUtf8 } from '../text-bytes.ts';
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
export function inputsOf(
  files: Walk['files'],
  stdin: () => AsyncIterable<Buffer>,
  texts: ReadonlyMap<string, string> = new Map(),
): readonly (Input | Problem)[] {
  const named = files.map((one) => ('code' in one ? undefined : one.file));
  return files.map((one, index) => {
    if ('code' in one) return one;
    const text = texts.get(one.file);
    if (text !== undefined) return { ...one, size: Buffer.byteLength(text), open: () => only(text) };
    if (one.file !== '-') return inputAt(one.file, one.isFound);
    if (named.indexOf('-') < index) return unreadable('-', 'is named a second time; it can be read once');
    return { file: one.file, open: () => asUtf8(stdin()) };
  });
}

async function* only(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

function inputAt(file: string, isFound: boolean): Input | Problem {
  const named = namedPart(file);
  if (named !== undefined) return { file, open: () => readPart(named) };
  try {
    const { kind, size } = system.statusOf(file);
    if (kind === 'file') return { file, size, open: () => asUtf8(system.piecesOf(file, CHUNK)), isFound };
    return kind === 'pipe' ? { file, open: () => asUtf8(pipe(file)) } : unreadable(file, 'is neither a file nor a folder');
  } catch (error) {
    return unreadable(file, reasonOf(error, file));
  }
}

/** What was read of it already comes from there. */
async function* pipe(file: string): AsyncGenerator<Buffer> {
  const known = readPipe(file);
  if (known === undefined) yield* system.piecesOf(file, CHUNK);
  else yield known;
}

/** Throws an Error in words where the page has no such part. */
async function* readPart({ page, part }: { readonly page: string; readonly part: string }): AsyncGenerator<Buffer> {
  const text = system.readText(page);
  if (text === undefined) throw new Error('its page can not be read');
  const read = await textOfPart(text, part);
  if ('reason' in read) throw new Error(read.reason);
  yield Buffer.from(read.text);
}
