/** Offsets of bytes to lines and columns, in a text that is never there as a whole. */

import type { Position } from '../../istio/yaml.ts';

const NEWLINE = 10;

/** Counts columns in UTF-16 units, as the reader of YAML does. */
export class JsonPosition {
  line: number;
  column = 1;
  /** The bytes from the place counted to on: a token is known only at its end, which may be some chunks later. */
  readonly #chunks: { readonly start: number; readonly bytes: Buffer }[] = [];
  #length = 0;
  #offset = 0;

  constructor(line: number) {
    this.line = line;
  }

  push(bytes: Buffer): void {
    this.#chunks.push({ start: this.#length, bytes });
    this.#length += bytes.length;
  }

  /** How many bytes there were. */
  get length(): number {
    return this.#length;
  }

  /** Counts on to an offset, which must not lie before the last one. */
  advance(offset: number): Position {
    for (let chunk = this.#chunks[0]; chunk !== undefined && this.#offset < offset; chunk = this.#chunks[0]) {
      const { start, bytes } = chunk;
      const end = Math.min(offset - start, bytes.length);
      this.#count(bytes, this.#offset - start, end);
      this.#offset = start + end;
      if (end < bytes.length) break;
      this.#chunks.shift();
    }
    return { line: this.line, column: this.column };
  }

  /** Where it has counted to. */
  get offset(): number {
    return this.#offset;
  }

  /** The bytes that were not counted yet. */
  rest(): Buffer {
    const [first, ...others] = this.#chunks.map(({ start, bytes }) => bytes.subarray(Math.max(0, this.#offset - start)));
    return others.length === 0 ? (first ?? Buffer.alloc(0)) : Buffer.concat([first as Buffer, ...others]);
  }

  #count(bytes: Buffer, from: number, to: number): void {
    let { line, column } = this;
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte === NEWLINE) {
        line++;
        column = 1;
        // Continuation bytes of UTF-8 are no characters; what begins with four ones or more is two units of UTF-16.
      } else if ((byte & 0xc0) !== 0x80) column += byte >= 0xf0 ? 2 : 1;
    }
    this.line = line;
    this.column = column;
  }
}
