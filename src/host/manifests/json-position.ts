/** Offsets of bytes to lines and columns, in a text that is never there as a whole. */

import type { Position } from '../../istio/yaml.ts';

const NEWLINE = 10;

/** Counts columns in UTF-16 units, as the reader of YAML does. */
export class JsonPosition {
  line: number;
  column: number;
  /** The bytes from the place counted to on, as they came: a token is known only at its end, which may be some chunks later. */
  #chunks: Buffer[] = [];
  #length = 0;
  #offset = 0;

  constructor(line: number, column = 1) {
    this.line = line;
    this.column = column;
  }

  push(bytes: Buffer): void {
    if (this.#length === this.#offset) this.#chunks = [];
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /** How many bytes there were. */
  get length(): number {
    return this.#length;
  }

  /** Where it has counted to. */
  get offset(): number {
    return this.#offset;
  }

  /** Counts on to an offset, which must not lie before the last one. */
  advance(offset: number): Position {
    if (offset > this.#offset) {
      const bytes = this.rest();
      this.#count(bytes, offset - this.#offset);
      this.#leave(bytes, offset);
    }
    return { line: this.line, column: this.column };
  }

  /** Passes over a text that was counted: up to an offset, so many lines below, of which the last has so many units. */
  pass(offset: number, lines: number, tail: number): void {
    this.column = lines === 0 ? this.column + tail : tail + 1;
    this.line += lines;
    this.#leave(this.rest(), offset);
  }

  /** The bytes that were not counted yet. */
  rest(): Buffer {
    if (this.#chunks.length !== 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] as Buffer;
  }

  #leave(bytes: Buffer, offset: number): void {
    this.#chunks = [bytes.subarray(offset - this.#offset)];
    this.#offset = offset;
  }

  #count(bytes: Buffer, to: number): void {
    let { line, column } = this;
    for (let at = 0; at < to; at++) {
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
