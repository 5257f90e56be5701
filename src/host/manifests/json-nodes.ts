/** Tokens of JSON to the trees that the reader of YAML makes, one for each object of a list. */

import { itemKindOf } from '../../istio/kubernetes/manifest/read.ts';
import type { Position, YamlEntry, YamlNode } from '../../istio/yaml.ts';
import type { JsonPosition } from './json-position.ts';
import type { Token } from './json-tokens.ts';

/** An object to read, and the kind that it has where it names none, if it was an item of a list. */
export interface JsonObject {
  readonly node: YamlNode;
  readonly itemKind?: string | undefined;
}

/** What is wrong with a JSON text, at an offset. */
export class JsonFault extends Error {
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

type Open =
  | { readonly kind: 'mapping'; readonly node: YamlNode; readonly entries: YamlEntry[]; key?: YamlNode }
  | {
      readonly kind: 'sequence';
      readonly node: YamlNode;
      readonly items: YamlNode[];
      /** Its items are handed on one by one, and are not kept. */
      readonly streamed: boolean;
      /** The column of the item that began last. */
      itemColumn?: number;
    };

type Expected = 'a value' | 'a value or ]' | 'a key in quotes' | 'a key in quotes or }' | ':' | ', or }' | ', or ]';

// No object of Kubernetes is half as deep; a tree of any depth would end the stack of those who walk it.
const DEEPEST = 1000;

export class JsonNodes {
  /** Objects that are complete; whoever reads them takes them away. */
  readonly complete: JsonObject[] = [];
  /** Where the object that is open began, or the last one ended. */
  start: Position & { readonly offset: number } = { offset: 0, line: 1, column: 1 };
  readonly #position: JsonPosition;
  readonly #open: Open[] = [];
  /** The column of the document that began last. */
  #column: number | undefined;
  #expected: Expected = 'a value';

  constructor(position: JsonPosition) {
    this.#position = position;
  }

  /** Whether something is not closed yet. */
  get isOpen(): boolean {
    return this.#open.length > 0;
  }

  /** What may come next. */
  get expected(): string {
    return this.#expected;
  }

  /** The column in which the next object begins, if it begins as the one that is open did. */
  get nextColumn(): number | undefined {
    const list = this.#open[this.#innermostList()];
    return list?.kind === 'sequence' ? list.itemColumn : this.#column;
  }

  /** Leaves what is open, for the next item of its list, or else for the next document. */
  leave(): void {
    this.#open.length = this.#innermostList() + 1;
    this.#expected = 'a value';
  }

  #innermostList(): number {
    return this.#open.findLastIndex((open) => open.kind === 'sequence' && open.streamed);
  }

  /** Throws a JsonFault for a token that can't stand where it does. */
  take(token: Token): void {
    switch (token.kind) {
      case '{':
      case '[':
        this.#begin(token);
        break;
      case '}':
      case ']':
        this.#end(token);
        break;
      case ':':
        if (this.#expected !== ':') throw this.#unexpected(token);
        this.#expected = 'a value';
        break;
      case ',':
        if (this.#expected === ', or }') this.#expected = 'a key in quotes';
        else if (this.#expected === ', or ]') this.#expected = 'a value';
        else throw this.#unexpected(token);
        break;
      default:
        this.#scalar(token);
    }
  }

  /** Whether an object may begin here that is handed on by itself. */
  get takesObject(): boolean {
    const around = this.#open.at(-1);
    return this.#takesValue() && (around === undefined || (around.kind === 'sequence' && around.streamed));
  }

  /** Begins an object that is handed on by itself and that somebody else reads. What it returns is the kind that it has where it names none. */
  beginOther(offset: number): { readonly itemKind?: string | undefined } & Position {
    const place = this.#beginAt(offset);
    return { ...place, ...(this.#open.length === 0 ? {} : { itemKind: this.#itemKind() }) };
  }

  /** The object has ended: its last bracket stands there. */
  endOther(offset: number): void {
    this.#ended(offset);
    this.#expected = this.#open.length === 0 ? 'a value' : ', or ]';
  }

  #scalar(token: Token): void {
    const { line, column } = this.#position.advance(token.start);
    const quoted = token.kind === 'string';
    const node: YamlNode = { kind: 'scalar', text: token.text, plain: !quoted, line, column };
    if (this.#takesValue()) {
      this.#add(node, token.start);
      return;
    }
    const open = this.#open.at(-1);
    const takesKey = this.#expected === 'a key in quotes' || this.#expected === 'a key in quotes or }';
    if (!takesKey || !quoted || open?.kind !== 'mapping') throw this.#unexpected(token);
    open.key = node;
    this.#expected = ':';
  }

  #begin(token: Token): void {
    if (!this.#takesValue()) throw this.#unexpected(token);
    if (this.#open.length === DEEPEST) throw new JsonFault(`is nested deeper than ${DEEPEST} levels`, token.start);
    const { line, column } = this.#beginAt(token.start);
    if (token.kind === '{') {
      const entries: YamlEntry[] = [];
      this.#open.push({ kind: 'mapping', node: { kind: 'mapping', entries, line, column }, entries });
      this.#expected = 'a key in quotes or }';
    } else {
      const items: YamlNode[] = [];
      this.#open.push({ kind: 'sequence', node: { kind: 'sequence', items, line, column }, items, streamed: this.#holdsObjects() });
      this.#expected = 'a value or ]';
    }
  }

  #beginAt(offset: number): Position {
    const place = this.#position.advance(offset);
    const around = this.#open.at(-1);
    if (around === undefined) this.#column = place.column;
    else if (around.kind === 'sequence') around.itemColumn = place.column;
    if (around === undefined || (around.kind === 'sequence' && around.streamed)) this.start = { offset, ...place };
    return place;
  }

  #ended(offset: number): void {
    this.start = { offset, ...this.#position.advance(offset) };
  }

  #takesValue(): boolean {
    return this.#expected === 'a value' || this.#expected === 'a value or ]';
  }

  /** Whether the list that begins is that of a List, or a text's own; a List may be in either. */
  #holdsObjects(): boolean {
    const around = this.#open.at(-1);
    if (around === undefined) return true;
    const outer = this.#open.at(-2);
    const isObject = outer === undefined || (outer.kind === 'sequence' && outer.streamed);
    return isObject && around.kind === 'mapping' && around.key?.kind === 'scalar' && around.key.text === 'items';
  }

  #end(token: Token): void {
    const brace = token.kind === '}';
    const fits = brace
      ? this.#expected === ', or }' || this.#expected === 'a key in quotes or }'
      : this.#expected === ', or ]' || this.#expected === 'a value or ]';
    const closed = fits ? this.#open.pop() : undefined;
    if (closed === undefined) throw this.#unexpected(token);
    this.#add(closed.node, token.start);
  }

  /** Puts a value that is complete where it belongs. */
  #add(node: YamlNode, offset: number): void {
    const around = this.#open.at(-1);
    if (around === undefined) {
      this.complete.push({ node });
      this.#ended(offset);
      this.#expected = 'a value';
    } else if (around.kind === 'sequence') {
      if (around.streamed) {
        this.complete.push({ node, itemKind: this.#itemKind() });
        this.#ended(offset);
      } else around.items.push(node);
      this.#expected = ', or ]';
    } else {
      if (around.key !== undefined) around.entries.push({ key: around.key, value: node });
      this.#expected = ', or }';
    }
  }

  #itemKind(): string | undefined {
    const list = this.#open.at(-2);
    if (list?.kind !== 'mapping') return undefined;
    const kind = list.entries.findLast(({ key }) => key.kind === 'scalar' && key.text === 'kind')?.value;
    return (kind?.kind === 'scalar' ? itemKindOf(kind.text) : undefined) ?? '';
  }

  #unexpected({ text, kind, start }: Token): JsonFault {
    return new JsonFault(`found ${kind === 'string' ? 'a text in quotes' : text} where JSON has ${this.#expected}`, start);
  }
}
