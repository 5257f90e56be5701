/** The text of one file to what stands in it, as its bytes arrive. */

import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { unreadable } from '../failure/unreadable.ts';
import { whyNoText } from '../text-bytes.ts';
import { ManifestDocument } from './document.ts';
import { Marks } from './marks.ts';

const NEWLINE = 10;
const BYTE_ORDER_MARK = Buffer.from('\ufeff');

export class ManifestText {
  readonly #file: string;
  readonly #marks = new Marks();
  #document: ManifestDocument;
  #line = 1;
  /** The first bytes, while they may still be a byte order mark. */
  #head: Buffer | undefined = Buffer.alloc(0);
  /** Behind `...`: what stands in its line is no document. */
  #passing = false;
  #blank = true;
  #binary = false;

  constructor(file: string) {
    this.#file = file;
    this.#document = new ManifestDocument(file, 1, false);
  }

  *push(chunk: Buffer): Generator<ManifestItem> {
    if (this.#binary) return;
    if (chunk.includes(0)) {
      this.#binary = true;
      yield { kind: 'problem', problem: unreadable(this.#file, whyNoText(chunk, this.#file) ?? 'is binary, not text') };
      return;
    }
    const bytes = this.#withoutMark(chunk);
    if (bytes !== undefined) yield* this.#read(bytes, false);
  }

  *end(): Generator<ManifestItem> {
    if (this.#binary) return;
    yield* this.#read(this.#head ?? Buffer.alloc(0), true);
    yield* this.#document.end();
    if (this.#blank) yield { kind: 'problem', problem: unreadable(this.#file, 'is empty') };
  }

  /** Undefined while there are too few bytes to tell. */
  #withoutMark(chunk: Buffer): Buffer | undefined {
    if (this.#head === undefined) return chunk;
    const head = Buffer.concat([this.#head, chunk]);
    this.#head = head.length < BYTE_ORDER_MARK.length && BYTE_ORDER_MARK.subarray(0, head.length).equals(head) ? head : undefined;
    if (this.#head !== undefined) return undefined;
    return head.subarray(0, BYTE_ORDER_MARK.length).equals(BYTE_ORDER_MARK) ? head.subarray(BYTE_ORDER_MARK.length) : head;
  }

  *#read(bytes: Buffer, last: boolean): Generator<ManifestItem> {
    for (const cut of this.#marks.push(bytes, last)) {
      if (cut.kind === 'bytes') yield* this.#add(cut.bytes, cut.lines);
      else if (cut.kind === 'end' || !this.#document.takesMark()) {
        yield* this.#document.end();
        this.#document = new ManifestDocument(this.#file, this.#line, cut.kind === 'start');
        this.#passing = cut.kind === 'end';
      }
    }
  }

  *#add(bytes: Buffer, lines: number): Generator<ManifestItem> {
    if (this.#blank) this.#blank = !/\S/.test(bytes.toString('latin1'));
    const line = this.#line + lines;
    let rest = bytes;
    if (this.#passing) {
      const newline = bytes.indexOf(NEWLINE);
      if (newline < 0) return;
      this.#passing = false;
      this.#line++;
      rest = bytes.subarray(newline + 1);
      this.#document = new ManifestDocument(this.#file, this.#line, false);
    }
    yield* this.#document.push(rest);
    this.#line = line;
  }
}
