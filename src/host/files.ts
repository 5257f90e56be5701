/** Files and standard input to text; what can't be read is a problem with the file's name. */

import type { Problem } from '../istio/problems.ts';
import { ProblemError } from '../istio/problems.ts';
import { reasonOf, unreadable } from './failure/unreadable.ts';
import { inFolder } from './in-folder.ts';
import { takeAhead } from './standard-input.ts';
import { system } from './system.ts';

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
function readTexts(file: string): readonly TextFile[] | Problem {
  try {
    if (file === '-') return checked('-', readBytes(STDIN, takeAhead()));
    const { kind, size } = system.statusOf(file);
    if (kind === 'folder') return readFolder(file);
    if (kind === 'other') return unreadable(file, 'is neither a file nor a folder');
    if (size > MOST) return unreadable(file, TOO_LONG);
    const descriptor = system.open(file);
    try {
      return checked(file, readBytes(descriptor));
    } finally {
      system.close(descriptor);
    }
  } catch (error) {
    return unreadable(file, reasonOf(error));
  }
}

/** The same; throws a ProblemError for what can't be read. */
export function textsIn(file: string): readonly TextFile[] {
  const texts = readTexts(file);
  if ('code' in texts) throw new ProblemError([texts]);
  return texts;
}

function readFolder(folder: string): readonly TextFile[] | Problem {
  const names = system
    .namesInFolder(folder)
    .filter((name) => MANIFEST.test(name))
    .sort();
  if (names.length === 0) return unreadable(folder, 'holds no manifest (*.yaml, *.yml, *.json)');
  const texts: TextFile[] = [];
  for (const name of names) {
    const read = readTexts(inFolder(folder, name));
    if ('code' in read) return read;
    texts.push(...read);
  }
  return texts;
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
  const wide = utf16Of(bytes);
  if (wide !== undefined) return [{ file, text: new TextDecoder(wide).decode(bytes) }];
  // A zero byte is in no text that is read here.
  if (bytes.subarray(0, 65536).includes(0)) return unreadable(file, 'is binary, not text');
  return [{ file, text: bytes.toString('utf8') }];
}

/** What PowerShell's `>` writes: two bytes for each character, with a mark of their order before them or not. */
function utf16Of(bytes: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  // Without the mark: texts of this kind are nearly all ASCII, of which every second byte is zero.
  const head = bytes.subarray(0, 256);
  const zeros = (from: number): number => head.filter((byte, at) => byte === 0 && at % 2 === from).length;
  const half = head.length / 2;
  if (head.length < 8 || bytes.length % 2 === 1) return undefined;
  if (zeros(1) > half * 0.7 && zeros(0) === 0) return 'utf-16le';
  return zeros(0) > half * 0.7 && zeros(1) === 0 ? 'utf-16be' : undefined;
}
