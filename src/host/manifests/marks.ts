/** A stream of bytes, cut at the marks between documents: `---` and `...` at the start of a line. */

const NEWLINE = 10;
const HYPHEN = 45;
const DOT = 46;
const LENGTH = 3;

export type Cut =
  /** Bytes of the document that is open, and how many newlines are among them. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer; readonly lines: number }
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
    let lines = 0;
    let at = this.#atLineStart ? 0 : -1;
    for (;;) {
      if (at >= 0 && at < end && isMark(bytes, at)) {
        if (at > from) yield { kind: 'bytes', bytes: bytes.subarray(from, at), lines };
        yield { kind: bytes[at] === HYPHEN ? 'start' : 'end' };
        from = at;
        lines = 0;
      }
      const newline = bytes.indexOf(NEWLINE, Math.max(at, 0));
      if (newline < 0 || newline >= end) break;
      at = newline + 1;
      lines += 1;
    }
    if (end > from) yield { kind: 'bytes', bytes: bytes.subarray(from, end), lines };
    if (end > 0) this.#atLineStart = bytes[end - 1] === NEWLINE;
    this.#rest = Buffer.from(bytes.subarray(end));
  }
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
