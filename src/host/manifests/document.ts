/** One document of a file, whose form shows as its bytes arrive. */

import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { problem } from '../../istio/problems.ts';
import { FormFinder } from './form.ts';
import { JsonDocument } from './json-document.ts';
import { LARGEST, TOO_LARGE } from './largest.ts';
import { readYamlDocument } from './yaml-document.ts';
import { newlinesIn, type YamlList, yamlListIn } from './yaml-list.ts';

/** In bytes. A tree of YAML takes thirty times its text: a longer document is read item by item, if it is a List. */
const WHOLE = 1_000_000;

export class ManifestDocument {
  readonly #file: string;
  readonly #line: number;
  readonly #finder: FormFinder;
  #marked: boolean;
  #form: 'json' | 'yaml' | 'long yaml' | 'too large' | undefined;
  /** Who reads it as it arrives. */
  #reader: JsonDocument | YamlList | undefined;
  #pieces: Buffer[] = [];
  #length = 0;
  /** Newlines of what came, but for JSON, which counts its own. */
  #lines = 0;

  readonly #folds: boolean;

  /** `marked`: its bytes begin with the mark `---`. `folds`: rows of workloads are handed on as such. */
  constructor(file: string, line: number, marked: boolean, folds: boolean) {
    this.#file = file;
    this.#folds = folds;
    this.#line = line;
    this.#marked = marked;
    this.#finder = new FormFinder(marked);
  }

  /** Whether a mark that comes now belongs to this document: it has only directives so far. */
  takesMark(): boolean {
    const takes = this.#finder.directive && !this.#marked;
    this.#marked = true;
    return takes;
  }

  /** The line in which what was pushed ends; it is asked for behind the end. */
  get endLine(): number {
    return this.#reader instanceof JsonDocument ? this.#reader.endLine : this.#line + this.#lines;
  }

  *push(bytes: Buffer): Generator<ManifestItem> {
    if (!(this.#reader instanceof JsonDocument)) this.#lines += newlinesIn(bytes);
    if (this.#reader !== undefined) return yield* this.#reader.push(bytes);
    if (this.#form === 'too large') return;
    this.#pieces.push(bytes);
    this.#length += bytes.length;
    this.#form ??= this.#finder.observe(bytes);
    if (this.#form === 'json') this.#reader = new JsonDocument(this.#file, this.#line, this.#finder.before, this.#folds);
    if (this.#form === 'yaml' && this.#length > WHOLE) {
      this.#form = 'long yaml';
      this.#pieces = [Buffer.concat(this.#pieces)];
      this.#reader = yamlListIn(this.#pieces[0] as Buffer, this.#file, this.#line);
    }
    if (this.#reader !== undefined) for (const piece of this.#pieces.splice(0)) yield* this.#reader.push(piece);
    else if (this.#length > LARGEST) {
      this.#form = 'too large';
      this.#pieces = [];
      const source = { kind: 'file', file: this.#file, line: this.#line, column: 1 } as const;
      yield { kind: 'problem', problem: problem('bad-yaml', source, { reason: TOO_LARGE }) };
    }
  }

  *end(): Generator<ManifestItem> {
    if (this.#reader !== undefined) yield* this.#reader.end();
    else if (this.#pieces.length > 0 && !this.#finder.isBlank) yield* readYamlDocument(Buffer.concat(this.#pieces), this.#file, this.#line);
  }
}
