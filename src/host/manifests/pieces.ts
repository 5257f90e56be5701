/** A stream of JSON in pieces that end where objects end, as far as its lines show it. */

import { isBlank } from './json-tokens.ts';

const COMMA = 44;

/** Where a piece ends is a guess, and costs time alone if it is wrong: the reader takes any. */
export class Pieces {
  #chunks: Buffer[] = [];
  #length = 0;
  /** How far to the right objects begin, on lines of their own. */
  #indentation: string | undefined;
  readonly #least: number;

  /** `least`: so many bytes make a piece. */
  constructor(least: number) {
    this.#least = least;
  }

  /** A piece that has become long enough, in memory of its own, which other threads see as well. */
  push(chunk: Buffer): Buffer | undefined {
    // It was made for this, with room in front of it.
    if (chunk.buffer instanceof SharedArrayBuffer && this.#length <= chunk.byteOffset) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset - this.#length, this.#length + chunk.length);
      let at = 0;
      for (const left of this.#chunks) at += left.copy(bytes, at);
      return this.#cut(bytes);
    }
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    if (this.#length < this.#least) return undefined;
    return this.#cut(this.end());
  }

  #cut(bytes: Buffer): Buffer {
    const end = this.#lastEnd(bytes) || bytes.length;
    this.#chunks = [bytes.subarray(end)];
    this.#length = bytes.length - end;
    return bytes.subarray(0, end);
  }

  /** All that is left. */
  end(): Buffer {
    // Other threads see the same memory.
    const bytes = Buffer.from(new SharedArrayBuffer(this.#length));
    let at = 0;
    for (const chunk of this.#chunks) at += chunk.copy(bytes, at);
    this.#chunks = [];
    this.#length = 0;
    return bytes;
  }

  /** Behind the last object that has one behind it; 0 where none shows. */
  #lastEnd(bytes: Buffer): number {
    const known = this.#indentation === undefined ? -1 : bytes.lastIndexOf(`\n${this.#indentation}{`);
    if (known < 0) this.#indentation = leastIndentation(bytes.toString('latin1'));
    let end = known < 0 && this.#indentation !== undefined ? bytes.lastIndexOf(`\n${this.#indentation}{`) : known;
    while (end > 0 && (isBlank(bytes[end - 1]) || bytes[end - 1] === COMMA)) end--;
    return Math.max(end, 0);
  }
}

/** Of the lines that begin with an object: those of a List stand further to the left than what is in them. */
function leastIndentation(text: string): string | undefined {
  let least: string | undefined;
  for (const [, blanks = ''] of text.matchAll(/\n([ \t]*)\{/g)) if (least === undefined || blanks.length < least.length) least = blanks;
  return least;
}
