/** A stream of bytes, cut at the marks between documents: `---` and `...` at the start of a line. */

const NEWLINE = 10;
const HYPHEN = 45;
const DOT = 46;
const LENGTH = 3;

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
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const end = last ? bytes.length : undecided(bytes, this.#atLineStart);
    let from = 0;
    for (const at of candidates(bytes, this.#atLineStart)) {
      if (at >= end) break;
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

/** Where lines begin with three hyphens or three dots. */
function* candidates(bytes: Buffer, atLineStart: boolean): Generator<number> {
  const starts = (at: number, mark: number): boolean => bytes[at] === mark && bytes[at + 1] === mark && bytes[at + 2] === mark;
  if (atLineStart && (starts(0, HYPHEN) || starts(0, DOT))) yield 0;
  let hyphens = bytes.indexOf('\n---');
  let dots = bytes.indexOf('\n...');
  while (hyphens >= 0 || dots >= 0) {
    const next = dots < 0 || (hyphens >= 0 && hyphens < dots) ? hyphens : dots;
    yield next + 1;
    if (next === hyphens) hyphens = bytes.indexOf('\n---', next + 1);
    else dots = bytes.indexOf('\n...', next + 1);
  }
}

/** Three hyphens or dots are a mark where the line ends behind them, or a blank stands there. */
function isMark(bytes: Buffer, at: number): boolean {
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
