/** A document of JSON, or several behind one another, read as it arrives. */

import { Tokenizer } from '@streamparser/json';
import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { readTree } from '../../istio/kubernetes/manifest/read.ts';
import { problem, quoted } from '../../istio/problems.ts';
import type { Position } from '../../istio/yaml.ts';
import { JsonFault, JsonNodes } from './json-nodes.ts';
import { JsonPosition } from './json-position.ts';
import { LARGEST, TOO_LARGE } from './largest.ts';

/** Numbers stay texts: what a person wrote is what is shown. */
class SourceTexts extends Tokenizer {
  protected override parseNumber(text: string): number {
    return text as unknown as number;
  }
}

/** Further to the right nobody begins an object on a line of its own. */
const RIGHTMOST = 100;

/** What is broken is left out: reading goes on at the next line on which an object begins in the column of the broken one. */
export class JsonDocument {
  readonly #file: string;
  readonly #position: JsonPosition;
  readonly #nodes: JsonNodes;
  #tokenizer: Tokenizer;
  /** Where the tokenizer's text begins. */
  #start: number;
  /** The last token's start. */
  #last: number;
  #broken = false;

  /** `before`: so many bytes stand in front of the first character. */
  constructor(file: string, line: number, before: number) {
    this.#file = file;
    this.#position = new JsonPosition(line);
    this.#nodes = new JsonNodes(this.#position);
    this.#tokenizer = this.#tokenizerAt(before);
    this.#start = before;
    this.#last = before - 1;
  }

  *push(bytes: Buffer): Generator<ManifestItem> {
    const passed = Math.max(0, this.#start - this.#position.length);
    this.#position.push(bytes);
    let text = this.#broken ? this.#resumed() : bytes.subarray(passed);
    while (text !== undefined) text = yield* this.#read(text);
  }

  *end(): Generator<ManifestItem> {
    if (this.#broken) return;
    const fault = this.#tried(() => {
      this.#tokenizer.end();
      if (this.#nodes.isOpen) throw new JsonFault(ENDS, this.#position.length);
    });
    yield* this.#complete();
    if (fault !== undefined) yield this.#problem(fault.message, this.#position.advance(fault.offset));
  }

  /** Reads a text; what it returns is what of it has to be read again, behind something broken. */
  *#read(text: Buffer): Generator<ManifestItem, Buffer | undefined> {
    const fault = this.#tried(() => this.#tokenizer.write(text));
    yield* this.#complete();
    if (fault !== undefined) {
      yield this.#problem(fault.message, this.#position.advance(fault.offset));
      return this.#resumed(true);
    }
    const { start } = this.#nodes;
    if (this.#position.length - start.offset <= LARGEST) return undefined;
    yield this.#problem(TOO_LARGE, start);
    this.#position.advance(this.#position.length);
    return undefined;
  }

  *#complete(): Generator<ManifestItem> {
    for (const { node, itemKind } of this.#nodes.complete.splice(0)) yield* readTree(node, this.#file, itemKind);
  }

  #tokenizerAt(start: number): Tokenizer {
    const tokenizer = new SourceTexts();
    tokenizer.onToken = ({ token, value, offset }) => {
      this.#last = start + offset;
      this.#nodes.take({ token, text: String(value), offset: this.#last });
    };
    return tokenizer;
  }

  #tried(work: () => void): JsonFault | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      return error instanceof JsonFault ? error : this.#unreadToken();
    }
  }

  #problem(reason: string, { line, column }: Position): ManifestItem {
    this.#broken = true;
    return { kind: 'problem', problem: problem('bad-yaml', { kind: 'file', file: this.#file, line, column }, { reason }) };
  }

  /** The text from the next object on, of what was not counted yet; undefined where it has not come. `here`: it may begin right there. */
  #resumed(here = false): Buffer | undefined {
    const column = this.#nodes.nextColumn ?? RIGHTMOST;
    const rest = this.#position.rest();
    const at = here && rest[0] === BRACE && this.#position.column === column ? 0 : column < RIGHTMOST ? lineWithBrace(rest, column) : -1;
    if (at < 0) {
      const line = rest.lastIndexOf('\n');
      this.#position.advance(this.#position.length - (line < 0 || rest.length - line > column + 1 ? 0 : rest.length - line));
      return undefined;
    }
    this.#start = this.#position.offset + at;
    this.#position.advance(this.#start);
    this.#nodes.leave();
    this.#tokenizer = this.#tokenizerAt(this.#start);
    this.#broken = false;
    return rest.subarray(at);
  }

  /** What the tokenizer could not read stands behind its last token. */
  #unreadToken(): JsonFault {
    const rest = this.#position.rest();
    const { offset } = this.#position;
    let at = tokenEnd(rest, this.#last - offset);
    while (isBlank(rest[at])) at++;
    const byte = rest[at];
    const fault = (message: string): JsonFault => new JsonFault(message, offset + at);
    if (byte === undefined) return fault(ENDS);
    if (byte === QUOTE) return fault('this text in quotes is not closed, or has a character or an escape that JSON does not allow');
    const character = String.fromCharCode(byte);
    if (/[-\dtfn]/.test(character)) return fault('this is neither a number nor true, false or null');
    return fault(`found ${byte < 128 ? quoted(character) : 'a letter'} where JSON has ${this.#nodes.expected}`);
  }
}

const ENDS = 'ends before its last bracket is closed';
const QUOTE = 34;
const BACKSLASH = 92;
const BRACE = 123;

/** Where, behind nothing but blanks, a line has a brace in this column; -1 if none has. */
function lineWithBrace(bytes: Buffer, column: number): number {
  for (let line = bytes.indexOf('\n'); line >= 0; line = bytes.indexOf('\n', line + 1)) {
    if (bytes[line + column] === BRACE && bytes.subarray(line, line + column).every(isBlank)) return line + column;
  }
  return -1;
}

function tokenEnd(bytes: Buffer, start: number): number {
  let at = start;
  const first = bytes[at];
  if (first === QUOTE) {
    for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) if (bytes[at] === BACKSLASH) at++;
    return at + 1;
  }
  do at++;
  while (isWord(first) && isWord(bytes[at]));
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 13;
}

/** Whether a byte belongs to a number, true, false or null. */
function isWord(byte: number | undefined): boolean {
  return byte !== undefined && /[-+.\w]/.test(String.fromCharCode(byte));
}
