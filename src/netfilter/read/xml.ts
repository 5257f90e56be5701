/**
 * What iptables-xml makes of a save, as the lines of that save. It is XML in form only: a chain's name stands in a tag as it
 * is, bytes are written as characters, and a comment with a line break falls apart (iptables 1.8.9).
 */

import type { Gap } from './gap.ts';
import type { Line } from './lines.ts';
import type { XmlElement } from './xml-rule.ts';
import { ruleLines } from './xml-rule.ts';
import { tagsIn } from './xml-tags.ts';

// An excerpt begins with a table; HTML has tables that hold no chain.
const START = /<iptables-rules[\s>]|<table\s+name="[\w-]{1,32}"\s*>\s*(?:<!--(?:(?!-->)[\s\S]){0,2000}-->\s*)?<chain\s/g;
const END = '</iptables-rules>';

/** A part of a text: `start` and `end` are offsets. */
export interface XmlPart {
  readonly start: number;
  readonly end: number;
}

/** The parts of a text that iptables-xml printed, in its order. */
export function xmlPartsOf(text: string): readonly XmlPart[] {
  if (!text.includes('<chain ')) return [];
  const parts: XmlPart[] = [];
  for (let from = 0; ; ) {
    START.lastIndex = from;
    const found = START.exec(text);
    if (found === null) return parts;
    const close = text.indexOf(END, found.index);
    const end = close === -1 ? text.length : close + END.length;
    parts.push({ start: found.index, end });
    from = end;
  }
}

/** The lines of the save that a part was made of; what is lost of it is added to `gaps`. */
export function linesOfXml(text: string, { start, end }: XmlPart, gaps: Gap[]): readonly Line[] {
  const reader = new XmlReader(shapeOf(text.slice(text.lastIndexOf('\n', start) + 1, start)));
  for (const tag of tagsIn(text, start, end)) {
    if (tag.kind === 'open') reader.open(tag.element, tag.closed);
    else if (tag.kind === 'close') reader.close(tag.name, tag.line);
    else if (tag.kind === 'text') reader.text(tag.text, tag.line);
    else if (tag.kind === 'comment') reader.comment(tag.text, tag.line);
    else reader.lose(tag.line, tag.reason);
  }
  gaps.push(...reader.end());
  return reader.lines;
}

/** What a logger puts before each line, whatever time it is. */
function shapeOf(prefix: string): string {
  return prefix.replace(/\d+/g, '0').trim();
}

/** What of a rule is a tree: `conditions` or `actions`, a module or a target, an option. */
const DEEPEST = 4;

class XmlReader {
  readonly lines: Line[] = [];
  /** Of the rule that is open: it, what stands in it, down to what is open now. */
  #path: XmlElement[] = [];
  /** What is open around it. */
  #around: string[] = [];
  #chain = '';
  /** Lines that can't be read, until their table ends. */
  #lost: Line[] = [];
  #hasRoot = false;
  #ended = false;
  #first = 0;
  #last = 0;
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  open(element: XmlElement, closed: boolean): void {
    const { name, attributes, line } = element;
    this.#first ||= line;
    this.#last = line;
    const parent = this.#path.at(-1);
    if (parent !== undefined) {
      if (this.#path.length > DEEPEST) this.lose(line, 'it is nested deeper than a rule can be');
      else parent.children.push(element);
      if (!closed) this.#path.push(element);
      return;
    }
    const within = this.#around.at(-1);
    if (name === 'iptables-rules' && within === undefined) this.#hasRoot = true;
    else if (name === 'table' && (within === undefined || within === 'iptables-rules')) this.#add(`*${attributes.get('name') ?? ''}`, line);
    else if (name === 'chain' && within === 'table') this.#declare(element);
    else if (name === 'rule' && within === 'chain') {
      if (closed) this.#rule(element);
      else this.#path = [element];
      return;
    } else {
      this.lose(line, `no <${name}> stands here`);
      return;
    }
    if (!closed) this.#around.push(name);
    else if (name === 'table') this.#commit(line);
  }

  close(name: string, line: number): void {
    this.#last = line;
    const open = this.#path.pop();
    if (open !== undefined) {
      if (open.name !== name) this.lose(line, `</${name}> closes <${open.name}>`);
      else if (this.#path.length === 0) this.#rule(open);
      return;
    }
    if (this.#around.at(-1) !== name) {
      this.lose(line, `</${name}> closes nothing`);
      return;
    }
    this.#around.pop();
    if (name === 'table') this.#commit(line);
    else this.#ended ||= name === 'iptables-rules';
  }

  text(text: string, line: number): void {
    const open = this.#path.at(-1);
    // Around the tags of a page or a log anything may stand.
    if (open === undefined || text.trim() === '') return;
    const lines = text.split(/[\n\r]+/);
    if (this.#path.length < DEEPEST && lines.every((one, index) => one.trim() === '' || (index > 0 && shapeOf(one) === this.#prefix)))
      return;
    if (this.#path.length === DEEPEST && lines.length === 1) open.text += text;
    else this.lose(line, 'a word of a rule goes on over line ends, so that what follows may stand in it');
  }

  /** A comment of the save itself: who made it, of which family. */
  comment(text: string, line: number): void {
    if (/^\s*#/.test(text)) this.#add(text.replace(/ ?\*-/g, '-').replace(/\s+/g, ' ').trim(), line);
  }

  lose(line: number, reason: string): void {
    this.#lost.push({ text: '<iptables-rules>', number: line, lost: reason });
  }

  /** What is lost of the text as a whole. */
  end(): readonly Gap[] {
    const isCut = this.#around.length > 0 || (this.#hasRoot && !this.#ended);
    this.#flush();
    if (isCut)
      return [
        { more: true, reason: `the text breaks off behind line ${this.#last}, before the </iptables-rules> of what iptables-xml prints` },
      ];
    return this.#hasRoot
      ? []
      : [{ more: true, reason: `the text begins in the middle of what iptables-xml prints, in line ${this.#first}` }];
  }

  #declare({ name: _, attributes, line }: XmlElement): void {
    this.#chain = attributes.get('name') ?? '';
    const [packets = '0', bytes = '0'] = ['packet-count', 'byte-count'].map((key) => attributes.get(key));
    this.#add(`:${this.#chain} ${attributes.get('policy') ?? '-'} [${packets}:${bytes}]`, line);
  }

  #rule(rule: XmlElement): void {
    const read = ruleLines(this.#chain, rule);
    if ('reason' in read) this.lose(rule.line, read.reason);
    else for (const text of read.lines) this.#add(text, rule.line);
  }

  #commit(line: number): void {
    this.#flush();
    this.#add('COMMIT', line);
  }

  /** Behind the table's first line: before it nothing says that there is one. */
  #flush(): void {
    this.lines.push(...this.#lost);
    this.#lost = [];
  }

  #add(text: string, number: number): void {
    this.lines.push({ text, number });
  }
}

/** Whether a text is a piece out of the middle of what iptables-xml prints, in which nothing says of which table it is. */
export function isPieceOfXml(text: string): boolean {
  return /^\s*<(?:chain name="|\/?rule\s*>|rule packet-count="|\/chain>)/m.test(text) && xmlPartsOf(text).length === 0;
}
