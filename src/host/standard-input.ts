/** Standard input, read ahead of its readers: whether anything stands there can only be told by reading. */

import { fstatSync, readSync } from 'node:fs';

const STDIN = 0;
const CHUNK = 1 << 16;

let ahead: Buffer | undefined;

/**
 * Whether standard input is a file or a pipe that holds anything, as jq and grep ask where no file is named. Waits for
 * the first bytes of a pipe; these are kept for {@link takeAhead}. A terminal, /dev/null and a closed input hold nothing.
 */
export function holdsStandardInput(): boolean {
  if (ahead !== undefined) return ahead.length > 0;
  try {
    const kind = fstatSync(STDIN);
    if (!kind.isFile() && !kind.isFIFO() && !kind.isSocket()) return false;
    ahead = firstBytes();
    return ahead.length > 0;
  } catch (error) {
    // No standard input at all; what is there and can't be read is for its reader to say.
    return (error as NodeJS.ErrnoException).code !== 'EBADF';
  }
}

/** Waits for them, also where the pipe was opened not to wait (EAGAIN): its writer is only slow. */
function firstBytes(): Buffer {
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    try {
      return chunk.subarray(0, readSync(STDIN, chunk, 0, CHUNK, null));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
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
  for await (const chunk of process.stdin) yield chunk as Buffer;
}
