/** The start of a file that a pod's processes may have made as long as they like. */

import { closeSync, constants, openSync, readSync } from 'node:fs';

const CHUNK = 64 * 1024;

/** At most so many bytes of a file, as text. Never waits for a pipe. Throws where it can't be read. */
export function startOfFile(file: string, most: number): string {
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const chunks: Buffer[] = [];
    let length = 0;
    while (length < most) {
      const chunk = Buffer.alloc(Math.min(CHUNK, most - length));
      const read = readSync(handle, chunk);
      if (read === 0) break;
      chunks.push(chunk.subarray(0, read));
      length += read;
    }
    return Buffer.concat(chunks, length).toString('utf8');
  } finally {
    closeSync(handle);
  }
}
