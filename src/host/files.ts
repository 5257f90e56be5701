/** Files and standard input to text; what can't be read is a problem with the file's name. */

import type { Problem } from '../istio/problems.ts';
import { ProblemError } from '../istio/problems.ts';
import { reasonOf, unreadable } from './failure/unreadable.ts';
import { inFolder } from './in-folder.ts';
import { takeAhead } from './standard-input.ts';
import { system } from './system.ts';
import { textOf, whyNoText } from './text-bytes.ts';

export interface TextFile {
  /** As the user named it; `-` is standard input. */
  readonly file: string;
  readonly text: string;
}

const STDIN = 0;
// In MB. The save of a node with 50,000 rules has 8; a string of JavaScript ends at 512.
const MEGABYTES = 128;
const MOST = MEGABYTES * 1_000_000;
const TOO_LONG = `has more than ${MEGABYTES} MB, which is the most that is read`;
const CHUNK = 1 << 20;
const MANIFEST = /\.(ya?ml|json)$/;

/** The text of a file, of standard input (`-`), or of every manifest in a folder. */
function readTexts(file: string, holds = MANIFESTS): readonly TextFile[] | Problem {
  try {
    if (file === '-') return checked('-', readBytes(STDIN, takeAhead()));
    const { kind, size } = system.statusOf(file);
    if (kind === 'folder') return readFolder(file, holds);
    if (kind === 'other') return unreadable(file, 'is neither a file nor a folder');
    if (kind === 'pipe') return checked(file, pipeBytes(file));
    return size > MOST ? unreadable(file, TOO_LONG) : checked(file, bytesOf(file));
  } catch (error) {
    return unreadable(file, reasonOf(error, file));
  }
}

function bytesOf(file: string): Buffer {
  const descriptor = system.open(file);
  try {
    return readBytes(descriptor);
  } finally {
    system.close(descriptor);
  }
}

const PIPES = new Map<string, Buffer>();

/** All of a pipe that has a name, as a shell gives one to `<(command)`: it can be read once, and is asked more than once. Throws what the system throws. */
export function pipeBytes(file: string): Buffer {
  const known = PIPES.get(file) ?? bytesOf(file);
  PIPES.set(file, known);
  return known;
}

/** The same; throws a ProblemError for what can't be read. `holds` says what a folder should hold. */
export function textsIn(file: string, holds?: string): readonly TextFile[] {
  const texts = readTexts(file, holds);
  if ('code' in texts) throw new ProblemError([texts]);
  return texts;
}

/** What most folders should hold. */
const MANIFESTS = 'manifest (*.yaml, *.yml, *.json)';

function readFolder(folder: string, holds: string): readonly TextFile[] | Problem {
  const names = system
    .namesInFolder(folder)
    .filter((name) => MANIFEST.test(name))
    .sort();
  if (names.length === 0) return unreadable(folder, `holds no ${holds}`);
  const texts: TextFile[] = [];
  for (const name of names) {
    const read = readTexts(inFolder(folder, name), holds);
    if ('code' in read) return read;
    texts.push(...read);
  }
  return texts;
}

/** What was read of such a pipe, undefined where nobody has asked yet. */
export function readPipe(file: string): Buffer | undefined {
  return PIPES.get(file);
}

/** Everything up to the end, or somewhat more than the most where it does not end there. */
function readBytes(descriptor: number, begun: Buffer = Buffer.alloc(0)): Buffer {
  const chunks: Buffer[] = [begun];
  let length = begun.length;
  while (length <= MOST) {
    const chunk = Buffer.allocUnsafe(CHUNK);
    const read = system.read(descriptor, chunk);
    if (read === 0) break;
    chunks.push(chunk.subarray(0, read));
    length += read;
  }
  return Buffer.concat(chunks, length);
}

function checked(file: string, bytes: Buffer): readonly TextFile[] | Problem {
  if (bytes.length > MOST) return unreadable(file, TOO_LONG);
  if (bytes.length === 0) return unreadable(file, 'is empty');
  const why = whyNoText(bytes, file);
  if (why !== undefined) return unreadable(file, why);
  const text = textOf(bytes);
  return /\S/.test(text) ? [{ file, text }] : unreadable(file, 'is empty');
}
