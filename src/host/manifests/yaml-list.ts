/** A long List of YAML, read item by item: `kubectl get pods -A -o yaml` makes one document of a whole cluster. */

import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { itemKindOf } from '../../istio/kubernetes/manifest/read.ts';
import { problem } from '../../istio/problems.ts';
import { LARGEST, TOO_LARGE } from './largest.ts';
import { readYamlDocument } from './yaml-document.ts';

const NEWLINE = 10;

/**
 * The items begin where all lines before are a mapping's, at the left edge, and its key `items` has a list. Within it no
 * line of anything else begins as far to the left as its hyphens: texts and blocks are indented further.
 */
const HEAD =
  /^(?:---[ \t]*(?:#.*)?\r?\n)?(?:(?:[ \t#].*|[A-Za-z]+:.*)?\r?\n)*?items:[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*?(?= {0,99}-[ \r\n])/;

/** Reads a document of which `bytes` are the beginning; undefined where it is not such a list. */
export function yamlListIn(bytes: Buffer, file: string, line: number): YamlList | undefined {
  const text = bytes.toString('latin1');
  const head = HEAD.exec(text)?.[0];
  if (head === undefined) return undefined;
  return new YamlList(file, line, head.length, text.indexOf('-', head.length) - head.length);
}

export class YamlList {
  readonly #file: string;
  readonly #line: number;
  readonly #headLength: number;
  readonly #indent: number;
  /** The list ends where a line begins as far to the left as its hyphens and is neither an item nor a comment. */
  readonly #end: RegExp;
  #head: Buffer = Buffer.alloc(0);
  /** What its items are where they do not say it; empty where the list does not either. */
  #itemKind = '';
  #tail: Buffer[] = [];
  #rest: Buffer = Buffer.alloc(0);
  #state: 'items' | 'tail' | 'broken' = 'items';
  #lines = 0;

  /** The lines in front of the items take `headLength` bytes; the items' hyphens stand behind `indent` blanks. */
  constructor(file: string, line: number, headLength: number, indent: number) {
    this.#file = file;
    this.#line = line;
    this.#headLength = headLength;
    this.#indent = indent;
    this.#end = new RegExp(`\\n(?! {${indent}}-) {0,${indent}}[^ \\t\\r\\n#]`);
  }

  *push(bytes: Buffer): Generator<ManifestItem> {
    let data = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#head.length === 0) {
      this.#head = data.subarray(0, this.#headLength);
      data = data.subarray(this.#headLength);
      this.#lines = newlinesIn(this.#head);
      this.#itemKind = itemKindOf(/^kind:[ \t]*["']?(\w+)/m.exec(this.#head.toString('latin1'))?.[1] ?? '') ?? '';
    }
    const hyphen = `\n${' '.repeat(this.#indent)}-`;
    let from = 0;
    for (let at = data.indexOf(hyphen); at >= 0 && this.#state === 'items'; at = data.indexOf(hyphen, at + 1)) {
      const behind = data[at + hyphen.length];
      if (behind === undefined) break;
      if (behind !== 32 && behind !== 13 && behind !== NEWLINE) continue;
      yield* this.#readItem(data.subarray(from, at + 1));
      from = at + 1;
    }
    this.#rest = data.subarray(from);
    if (this.#rest.length + this.#tail.reduce((sum, { length }) => sum + length, 0) > LARGEST) return yield* this.#refuse();
    if (this.#state === 'tail') this.#tail.push(this.#rest);
    if (this.#state !== 'items') this.#rest = Buffer.alloc(0);
  }

  *end(): Generator<ManifestItem> {
    if (this.#state === 'items') yield* this.#readItem(this.#rest);
    if (this.#state === 'broken') return;
    const items = Buffer.alloc(this.#lines - newlinesIn(this.#head), NEWLINE);
    yield* readYamlDocument(Buffer.concat([this.#head, items, ...this.#tail]), this.#file, this.#line);
  }

  *#readItem(bytes: Buffer): Generator<ManifestItem> {
    const end = bytes.toString('latin1').search(this.#end);
    const text = end < 0 ? bytes : bytes.subarray(0, end + 1);
    if (end >= 0) {
      this.#state = 'tail';
      this.#tail.push(bytes.subarray(end + 1));
    }
    // With its hyphen it is a list of one, in which every column is the file's.
    yield* readYamlDocument(text, this.#file, this.#line + this.#lines, this.#itemKind);
    this.#lines += newlinesIn(text);
  }

  *#refuse(): Generator<ManifestItem> {
    if (this.#state === 'broken') return;
    this.#state = 'broken';
    this.#tail = [];
    this.#rest = Buffer.alloc(0);
    const source = { kind: 'file', file: this.#file, line: this.#line + this.#lines, column: this.#indent + 1 } as const;
    yield { kind: 'problem', problem: problem('bad-yaml', source, { reason: TOO_LARGE }) };
  }
}

/** How many there are. */
export function newlinesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
