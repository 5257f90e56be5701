/** A stream of bytes, cut at the marks between documents: `---` and `...` at the start of a line. */

import { isWithoutMarks } from './known-pods.ts';

const NEWLINE = 10;
const HYPHEN = 45;
const DOT = 46;
const LENGTH = 3;
// Looked for first: hardly a text of JSON has them, and going from line to line takes ten times as long.
const MARKS = ['---', '...'];

export type Cut =
  /** Bytes of the document that is open. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** `---`: a document begins; the mark is the start of the bytes that follow. */
  | { readonly kind: 'start' }
  /** `...`: the document has ended; the mark is the start of the bytes that follow, up to the end of its line. */
  | { readonly kind: 'end' };

/**
 * Cuts what is pushed. No other text of YAML begins a line so: block scalars are indented, and quoted ones must not have
 * a mark in them; nor can JSON have a line break in a string.
 */
export class Marks {
  #rest: Buffer = Buffer.alloc(0);
  #atLineStart = true;

  /** `last`: nothing follows these bytes. */
  *push(chunk: Buffer, last = false): Generator<Cut> {
    if (this.#rest.length === 0 && !this.#atLineStart && isWithoutMarks(chunk)) return yield { kind: 'bytes', bytes: chunk };
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = last ? bytes.length : undecided(bytes, this.#atLineStart);
    let from = 0;
    const hasMarks = MARKS.some((mark) => bytes.includes(mark));
    for (let at = this.#atLineStart ? 0 : hasMarks ? lineBehind(bytes, 0) : end; at < end; at = hasMarks ? lineBehind(bytes, at) : end) {
      if (!isMark(bytes, at)) continue;
      if (at > from) yield { kind: 'bytes', bytes: bytes.subarray(from, at) };
      yield { kind: bytes[at] === HYPHEN ? 'start' : 'end' };
      from = at;
    }
    if (end > from) yield { kind: 'bytes', bytes: bytes.subarray(from, end) };
    if (end > 0) this.#atLineStart = bytes[end - 1] === NEWLINE;
    this.#rest = Buffer.from(bytes.subarray(end));
  }
}

/** Where the next line begins; past the end where none does. */
function lineBehind(bytes: Buffer, at: number): number {
  const newline = bytes.indexOf(NEWLINE, at);
  return newline < 0 ? Number.POSITIVE_INFINITY : newline + 1;
}

/** Three hyphens or dots are a mark where the line ends behind them, or a blank stands there. */
function isMark(bytes: Buffer, at: number): boolean {
  const mark = bytes[at];
  if ((mark !== HYPHEN && mark !== DOT) || bytes[at + 1] !== mark || bytes[at + 2] !== mark) return false;
  const behind = bytes[at + LENGTH];
  return behind === undefined || behind === NEWLINE || behind === 13 || behind === 32 || behind === 9;
}

/** From where on only the bytes to come tell whether there is a mark. */
function undecided(bytes: Buffer, atLineStart: boolean): number {
  const newline = bytes.lastIndexOf(NEWLINE);
  if (newline < 0 && !atLineStart) return bytes.length;
  const start = newline + 1;
  const tail = bytes.subarray(start);
  const mark = tail[0];
  const open = tail.length <= LENGTH && (mark === HYPHEN || mark === DOT) && tail.every((byte) => byte === mark);
  return open ? start : bytes.length;
}
