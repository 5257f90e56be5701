/** Standard input, read ahead of its readers: whether anything stands there can only be told by reading. */

import type { SystemError } from './system/interface.ts';
import { system } from './system.ts';
import { textOf } from './text-bytes.ts';

const STDIN = 0;
// Every object of a dump has its kind; the first stands within the first of them.
export const HEAD = 1 << 17;

let ahead: Buffer | undefined;

/**
 * Whether standard input is a file or a pipe that holds anything, as jq and grep ask where no file is named. Waits for
 * the first bytes of a pipe; these are kept for {@link takeAhead}. A terminal, /dev/null and a closed input hold nothing;
 * nor does a socket, which programs that start others (Node's spawn among them) leave open and never write to: it is read
 * where it is named, as -.
 */
export function holdsStandardInput(): boolean {
  if (ahead !== undefined) return ahead.length > 0;
  try {
    const { kind } = system.statusOf(STDIN);
    if (kind !== 'file' && kind !== 'pipe') return false;
    ahead = firstBytes();
    return ahead.length > 0;
  } catch (error) {
    // No standard input at all; what is there and can't be read is for its reader to say.
    return (error as SystemError).code !== 'EBADF';
  }
}

/** Whether it is a pipe at whose other end somebody was and wrote nothing. */
export function isEmptyPipe(): boolean {
  try {
    return system.statusOf(STDIN).kind === 'pipe' && !holdsStandardInput();
  } catch {
    return false;
  }
}

/** As many as tell what a text is, or all there are. */
function firstBytes(): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD);
  let length = 0;
  while (length < HEAD) {
    const read = system.read(STDIN, bytes.subarray(length));
    if (read === 0) break;
    length += read;
  }
  return bytes.subarray(0, length);
}

/** The start of standard input as text, without taking it from its readers; empty where nothing stands there. */
export function standardInputHead(): string {
  return holdsStandardInput() ? textOf(ahead ?? Buffer.alloc(0)) : '';
}

/** What was read ahead, once; empty where nothing was. */
export function takeAhead(): Buffer {
  const taken = ahead ?? Buffer.alloc(0);
  ahead = undefined;
  return taken;
}

/** All of standard input as a stream. */
export async function* standardInput(): AsyncGenerator<Buffer> {
  const first = takeAhead();
  if (first.length > 0) yield first;
  yield* system.inputPieces();
}
