/** A document of JSON, or several behind one another, read as it arrives. */

import type { ManifestItem, WorkloadRow } from '../../istio/kubernetes/manifest/item.ts';
import { readTree } from '../../istio/kubernetes/manifest/read.ts';
import { problem, quoted } from '../../istio/problems.ts';
import type { Position } from '../../istio/yaml.ts';
import { JsonFault, JsonNodes } from './json-nodes.ts';
import { readKnown, readParsed, readRow } from './json-object.ts';
import { JsonPosition } from './json-position.ts';
import { spanAt } from './json-span.ts';
import { behindBlanks, isBlank, tokenAt } from './json-tokens.ts';
import { knownAt, knownRowAt } from './known-pods.ts';
import { LARGEST, TOO_LARGE } from './largest.ts';

/** Further to the right nobody begins an object on a line of its own. */
const RIGHTMOST = 100;

/** In bytes: what is longer is read token by token, so that nobody waits for the end of what has none. */
const SHORT = 1 << 18;

const QUOTE = 34;
const BRACE = 123;
const ENDS = 'ends before its last bracket is closed';

/** What is broken is left out: reading goes on at the next line on which an object begins in the column of the broken one. */
export class JsonDocument {
  readonly #file: string;
  readonly #position: JsonPosition;
  readonly #nodes: JsonNodes;
  /** Where the next token is looked for. */
  #next: number;
  #broken = false;
  /** An object that begins here is read token by token. */
  #exactAt = -1;
  /** A token that has not ended by then is not looked at again before there are so many bytes. */
  #enough = 0;

  readonly #folds: boolean;

  /** `before`: so many bytes stand in front of the first character. `folds`: rows are handed on as such. */
  constructor(file: string, line: number, before: number, folds = false) {
    this.#file = file;
    this.#folds = folds;
    this.#position = new JsonPosition(line);
    this.#nodes = new JsonNodes(this.#position);
    this.#next = before;
  }

  *push(bytes: Buffer): Generator<ManifestItem> {
    this.#position.push(bytes);
    if (this.#broken && !this.#resume(false)) return;
    if (this.#position.length < this.#enough) return;
    yield* this.#read(false);
    const { start } = this.#nodes;
    if (this.#broken || this.#position.length - start.offset <= LARGEST) return;
    yield this.#problem(TOO_LARGE, start);
    this.#position.advance(this.#position.length);
  }

  *end(): Generator<ManifestItem> {
    if (this.#broken) return;
    yield* this.#read(true);
    if (!this.#broken && this.#nodes.isOpen) yield this.#problem(ENDS, this.#position.advance(this.#position.length));
  }

  /** The line in which it ends; it is asked for behind the end. */
  get endLine(): number {
    return this.#position.advance(this.#position.length).line;
  }

  /** Reads what is there. `last`: nothing follows. */
  *#read(last: boolean): Generator<ManifestItem> {
    for (;;) {
      if (this.#nodes.takesObject) {
        const read = this.#object(last);
        if (read === 'wait') return;
        if (read !== 'by tokens') {
          yield* read;
          continue;
        }
      }
      const step = this.#token(last);
      for (const { node, itemKind } of this.#nodes.complete.splice(0)) yield* readTree(node, this.#file, itemKind);
      if (step === 'wait') return;
      if (step === 'taken') continue;
      yield this.#problem(step.message, this.#position.advance(step.offset));
      if (!this.#resume(true)) return;
    }
  }

  /** The next object, if one begins here and is there as a whole. */
  #object(last: boolean): readonly ManifestItem[] | 'wait' | 'by tokens' {
    const { offset } = this.#position;
    const rest = this.#position.rest();
    const at = behindBlanks(rest, this.#next - offset);
    if (rest[at] !== BRACE || this.#exactAt === offset + at) return 'by tokens';
    this.#exactAt = offset + at;
    const row = this.#folds ? this.#row(rest, at) : undefined;
    if (row !== undefined) return [row];
    const known = knownAt(rest, at);
    const span = known ?? spanAt(rest, at);
    if (span === null) return 'by tokens';
    if (span === undefined) {
      if (last || rest.length - at > SHORT) return 'by tokens';
      this.#exactAt = -1;
      return 'wait';
    }
    this.#next = offset + at;
    const { itemKind, ...place } = this.#nodes.beginOther(this.#next);
    const bytes = rest.subarray(at, span.end);
    const named = { ...place, file: this.#file, itemKind };
    const read = 'values' in span ? readKnown(bytes, span, named) : readParsed(bytes, span, named);
    if (read === undefined) return 'by tokens';
    this.#next = offset + span.end;
    this.#position.pass(this.#next, span.lines, read.tail);
    this.#nodes.endOther(this.#next);
    return read.items;
  }

  /** The pods that another thread found to stand there, where they are items of a list that begin in one column. */
  #row(rest: Buffer, at: number): WorkloadRow | undefined {
    const row = this.#nodes.isOpen ? knownRowAt(rest, at) : undefined;
    if (row === undefined) return undefined;
    const { offset } = this.#position;
    if (this.#position.advance(offset + at).column !== row.column) return undefined;
    const { itemKind, ...place } = this.#nodes.beginOther(offset + at);
    const read = readRow(rest, row, { ...place, file: this.#file, itemKind });
    this.#next = offset + row.end;
    this.#position.pass(this.#next, row.lines, row.tail);
    this.#nodes.endOther(this.#next);
    return read;
  }

  #token(last: boolean): 'taken' | 'wait' | JsonFault {
    const { offset } = this.#position;
    const rest = this.#position.rest();
    const token = tokenAt(rest, this.#next - offset, last);
    if (token.kind === 'wait') {
      const open = this.#position.length - this.#next;
      this.#enough = open > SHORT ? this.#position.length + open : 0;
      return 'wait';
    }
    if (token.kind === 'fault') return new JsonFault(this.#noToken(rest[token.start] as number), offset + token.start);
    this.#next = offset + token.end;
    try {
      this.#nodes.take({ ...token, start: offset + token.start });
      return 'taken';
    } catch (error) {
      if (error instanceof JsonFault) return error;
      throw error;
    }
  }

  #noToken(byte: number): string {
    if (byte === QUOTE) return 'this text in quotes is not closed, or has a character or an escape that JSON does not allow';
    const character = String.fromCharCode(byte);
    if (/[-\dtfn]/.test(character)) return 'this is neither a number nor true, false or null';
    return `found ${byte < 128 ? quoted(character) : 'a letter'} where JSON has ${this.#nodes.expected}`;
  }

  #problem(reason: string, { line, column }: Position): ManifestItem {
    this.#broken = true;
    return { kind: 'problem', problem: problem('bad-yaml', { kind: 'file', file: this.#file, line, column }, { reason }) };
  }

  /** Goes on at the next object, of what was not counted yet; false where it has not come. `here`: it may begin right there. */
  #resume(here: boolean): boolean {
    const column = this.#nodes.nextColumn ?? RIGHTMOST;
    const rest = this.#position.rest();
    const at = here && rest[0] === BRACE && this.#position.column === column ? 0 : column < RIGHTMOST ? lineWithBrace(rest, column) : -1;
    if (at < 0) {
      const line = rest.lastIndexOf('\n');
      this.#position.advance(this.#position.length - (line < 0 || rest.length - line > column + 1 ? 0 : rest.length - line));
      return false;
    }
    this.#next = this.#position.offset + at;
    this.#position.advance(this.#next);
    this.#nodes.leave();
    this.#enough = 0;
    this.#broken = false;
    return true;
  }
}

/** Where, behind nothing but blanks, a line has a brace in this column; -1 if none has. */
function lineWithBrace(bytes: Buffer, column: number): number {
  for (let line = bytes.indexOf('\n'); line >= 0; line = bytes.indexOf('\n', line + 1)) {
    if (bytes[line + column] === BRACE && bytes.subarray(line, line + column).every(isBlank)) return line + column;
  }
  return -1;
}
