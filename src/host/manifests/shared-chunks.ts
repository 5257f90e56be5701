/** Memory that several threads see, used again: the runtime gives back what is shared only when it happens to clear up. */

/** In bytes. */
export const LONG_CHUNK = 1 << 20;
/** Before each chunk, for what the one before left of an object: most are much smaller. */
const ROOM = 1 << 18;

const free: SharedArrayBuffer[] = [];

/** Memory for a chunk, with room in front of it. */
export function sharedChunk(): Buffer {
  return Buffer.from(free.pop() ?? new SharedArrayBuffer(ROOM + LONG_CHUNK), ROOM);
}

/** Nobody looks at it any more; what was not made here is left alone. */
export function giveBack({ buffer }: Buffer): void {
  if (buffer instanceof SharedArrayBuffer && buffer.byteLength === ROOM + LONG_CHUNK) free.push(buffer);
}
