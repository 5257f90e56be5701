/**
 * Standard output and standard error of the executable: plain writes, where they are no terminals.
 *
 * Only to touch `process.stdout` makes bun load its streams: 5 ms of CPU, nearly as much as its whole bare
 * start (measured with bun 1.4.5). The executable's build puts these in the place of both names.
 */

import { fstatSync, writeSync } from 'node:fs';

type Listener = (error: NodeJS.ErrnoException) => void;

/** What the program uses of a stream. */
interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string | Uint8Array, written?: (error?: Error | null) => void) => boolean;
  readonly on: (event: 'error', listener: Listener) => unknown;
}

/** In the place of `process.stdout`. */
export const standardOutput: Output = isTerminal(1) ? streamOf('stdout') : outputTo(1);
/** In the place of `process.stderr`. */
export const standardError: Output = isTerminal(2) ? streamOf('stderr') : outputTo(2);

// By a name in a variable, which the build leaves alone.
function streamOf<N extends 'stdout' | 'stderr'>(name: N): NodeJS.Process[N] {
  return process[name];
}

// Major number 1 is /dev/null and its like; any other such device may be a terminal, and keeps its stream.
function isTerminal(file: number): boolean {
  try {
    const status = fstatSync(file);
    return status.isCharacterDevice() && status.rdev >> 8 !== 1;
  } catch {
    return false;
  }
}

function outputTo(file: number): Output {
  const listeners: Listener[] = [];
  return {
    isTTY: false,
    on: (_, listener) => listeners.push(listener),
    write: (text, written) => {
      try {
        writeAll(file, typeof text === 'string' ? Buffer.from(text) : text);
      } catch (error) {
        for (const listener of listeners) listener(error as NodeJS.ErrnoException);
        written?.(error as Error);
        return true;
      }
      written?.();
      return true;
    },
  };
}

function writeAll(file: number, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(file, bytes, done);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Someone made the pipe non-blocking, and it is full: its reader gets a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
