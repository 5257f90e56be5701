/** A long stream of JSON, read ahead by other threads: what they find of it waits for its reader, who takes it in order. */

import { existsSync, realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { LONG } from './inputs.ts';
import type { FoundPods } from './known-pods.ts';
import { forgetFound, isCompletePod, keepFound } from './known-pods.ts';
import { Pieces } from './pieces.ts';
import { giveBack, LONG_CHUNK } from './shared-chunks.ts';
import type { Threads } from './threads.ts';

export interface Ahead {
  /** In bytes. */
  readonly from: number;
  /** Bytes that make a piece. */
  readonly piece: number;
  readonly threads: number;
  /** Their program. */
  readonly script: string;
}

// In bytes, of a stream whose end nobody knows.
const STREAM = 64_000_000;
// The reader has a quarter of the work.
const MOST_THREADS = 2;
/** Pieces that wait, for each of them. */
const QUEUED = 2;
// Behind a byte order mark, as its bytes.
const JSON_START = /^(?:\xef\xbb\xbf)?\s*[[{]/;

/** The chunks of a stream; from some length on pieces of it, with the same bytes in the same order. */
export async function* readAhead(chunks: AsyncIterable<Buffer>, ahead: Ahead | undefined): AsyncGenerator<Buffer> {
  if (ahead === undefined) return yield* chunks;
  let length = 0;
  let isJson = false;
  let reader: Reader | undefined;
  let failure: { readonly error: unknown } | undefined;
  try {
    try {
      for await (const chunk of chunks) {
        if (length === 0) isJson = JSON_START.test(chunk.toString('latin1', 0, 100));
        length += chunk.length;
        if (isJson && length > ahead.from) reader ??= await Reader.start(ahead);
        if (reader === undefined) yield chunk;
        else yield* reader.push(chunk);
      }
    } catch (error) {
      // What came before stands in front of it.
      failure = { error };
    }
    if (reader !== undefined) yield* reader.rest();
  } finally {
    await reader?.end();
  }
  if (failure !== undefined) throw failure.error;
}

/** Undefined where one thread is all there is: for a file of so many bytes that is not long, on one processor, or where their program was not installed with this one. */
export function aheadHere(size: number | undefined): Ahead | undefined {
  if (size !== undefined && size <= LONG) return undefined;
  const threads = Math.min(availableParallelism() - 1, 1) * MOST_THREADS;
  const program = programFile();
  if (threads === 0 || program === undefined) return undefined;
  const script = join(dirname(program), '../dist/find-pods.cjs');
  return existsSync(script) ? { from: size === undefined ? STREAM : 0, piece: LONG_CHUNK, threads, script } : undefined;
}

/** Undefined in an executable, whose own files only look as if they were there. */
function programFile(): string | undefined {
  try {
    return realpathSync(process.argv[1] ?? '');
  } catch {
    return undefined;
  }
}

interface Waiting {
  readonly piece: Buffer;
  readonly found: Promise<FoundPods | undefined>;
}

class Reader {
  static async start({ script, threads, piece }: Ahead): Promise<Reader> {
    const { startThreads } = await import('./threads.ts');
    return new Reader(startThreads(script, threads), threads * QUEUED, new Pieces(piece));
  }

  readonly #threads: Threads;
  readonly #most: number;
  readonly #pieces: Pieces;
  readonly #queue: Waiting[] = [];

  private constructor(threads: Threads, most: number, pieces: Pieces) {
    this.#pieces = pieces;
    this.#threads = threads;
    this.#most = most;
  }

  async *push(chunk: Buffer): AsyncGenerator<Buffer> {
    if (chunk.includes(0)) {
      // It is passed over with the chunk it stands in, and only with that.
      yield* this.rest();
      return yield chunk;
    }
    const piece = this.#pieces.push(chunk);
    if (piece === undefined) return;
    this.#queue.push({ piece, found: this.#threads.find(piece) });
    if (this.#queue.length > this.#most) yield* this.#next();
  }

  async *rest(): AsyncGenerator<Buffer> {
    // Before the memory that it stands in may be used again.
    const last = this.#pieces.end();
    while (this.#queue.length > 0) yield* this.#next();
    if (last.length > 0) yield last;
  }

  end(): Promise<void> {
    return this.#threads.end();
  }

  async *#next(): AsyncGenerator<Buffer> {
    const { piece, found } = this.#queue.shift() as Waiting;
    const pods = await found;
    if (pods !== undefined) keepFound(piece, pods);
    yield piece;
    // Of a row nobody keeps anything but what was read of it.
    if (!isCompletePod(piece)) return;
    forgetFound(piece);
    giveBack(piece);
  }
}
