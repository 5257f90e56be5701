/** A document of JSON, or several behind one another, read as it arrives. */

import { Tokenizer } from '@streamparser/json';
import type { ManifestItem } from '../../istio/manifest/item.ts';
import { readTree } from '../../istio/manifest/read.ts';
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

export class JsonDocument {
  readonly #file: string;
  readonly #position: JsonPosition;
  readonly #nodes: JsonNodes;
  readonly #tokenizer = new SourceTexts();
  /** Bytes in front of the first character, which the tokenizer does not get. */
  readonly #before: number;
  /** The last token's start. */
  #last: number;
  #broken = false;

  constructor(file: string, line: number, before: number) {
    this.#file = file;
    this.#before = before;
    this.#last = before - 1;
    this.#position = new JsonPosition(line);
    this.#nodes = new JsonNodes(this.#position);
    this.#tokenizer.onToken = ({ token, value, offset }) => {
      this.#last = before + offset;
      this.#nodes.take({ token, text: String(value), offset: this.#last });
    };
  }

  *push(bytes: Buffer): Generator<ManifestItem> {
    if (this.#broken) return;
    const passed = Math.max(0, this.#before - this.#position.length);
    this.#position.push(bytes);
    const fault = this.#tried(() => this.#tokenizer.write(bytes.subarray(passed)));
    yield* this.#read();
    const { start } = this.#nodes;
    if (fault !== undefined) yield this.#fault(fault);
    else if (this.#position.length - start.offset > LARGEST) yield this.#problem(TOO_LARGE, start);
  }

  *end(): Generator<ManifestItem> {
    if (this.#broken) return;
    const fault = this.#tried(() => {
      this.#tokenizer.end();
      if (this.#nodes.isOpen) throw new JsonFault(ENDS, this.#position.length);
    });
    yield* this.#read();
    if (fault !== undefined) yield this.#fault(fault);
  }

  *#read(): Generator<ManifestItem> {
    for (const { node, itemKind } of this.#nodes.complete.splice(0)) yield* readTree(node, this.#file, itemKind);
  }

  #tried(work: () => void): JsonFault | undefined {
    try {
      work();
      return undefined;
    } catch (error) {
      return error instanceof JsonFault ? error : this.#unreadToken();
    }
  }

  #fault({ message, offset }: JsonFault): ManifestItem {
    return this.#problem(message, this.#position.advance(offset));
  }

  #problem(reason: string, { line, column }: Position): ManifestItem {
    this.#broken = true;
    return { kind: 'problem', problem: problem('bad-yaml', { kind: 'file', file: this.#file, line, column }, { reason }) };
  }

  /** What the tokenizer could not read stands behind its last token. */
  #unreadToken(): JsonFault {
    let at = this.#tokenEnd();
    while (isBlank(this.#position.byteAt(at))) at++;
    const byte = this.#position.byteAt(at);
    if (byte === undefined) return new JsonFault(ENDS, at);
    if (byte === QUOTE)
      return new JsonFault('this text in quotes is not closed, or has a character or an escape that JSON does not allow', at);
    const character = String.fromCharCode(byte);
    if (/[-\dtfn]/.test(character)) return new JsonFault('this is neither a number nor true, false or null', at);
    return new JsonFault(`found ${byte < 128 ? quoted(character) : 'a letter'} where JSON has ${this.#nodes.expected}`, at);
  }

  #tokenEnd(): number {
    let at = this.#last;
    const first = this.#position.byteAt(at);
    if (first === QUOTE) {
      for (at++; this.#position.byteAt(at) !== QUOTE; at++) if (this.#position.byteAt(at) === BACKSLASH) at++;
      return at + 1;
    }
    do at++;
    while (first !== undefined && isWord(first) && isWord(this.#position.byteAt(at)));
    return at;
  }
}

const ENDS = 'ends before its last bracket is closed';
const QUOTE = 34;
const BACKSLASH = 92;

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9 || byte === 10 || byte === 13;
}

/** Whether a byte belongs to a number, true, false or null. */
function isWord(byte: number | undefined): boolean {
  return byte !== undefined && /[-+.\w]/.test(String.fromCharCode(byte));
}
