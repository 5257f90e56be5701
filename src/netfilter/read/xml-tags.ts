/** The tags and texts of what iptables-xml prints: no document type, no entities but the five of XML, nothing that is fetched. */

import type { XmlElement } from './xml-rule.ts';

export type XmlTag =
  | { readonly kind: 'open'; readonly element: XmlElement; readonly closed: boolean }
  | { readonly kind: 'close'; readonly name: string; readonly line: number }
  | { readonly kind: 'text'; readonly text: string; readonly line: number }
  | { readonly kind: 'comment'; readonly text: string; readonly line: number }
  | { readonly kind: 'unreadable'; readonly line: number; readonly reason: string };

// A chain's name is a tag as it is, and may hold what no name of XML does.
const OPEN = /<(?![/!?])([^\s<>"&]+?)((?:\s+[\w-]+="[^"<]*")*)\s*(\/)?>/y;
const CLOSE = /<\/([^\s<>"&]+)\s*>/y;
const ATTRIBUTE = /([\w-]+)="([^"]*)"/g;

/** Reads from `start` to `end`. What is no tag is said to be unreadable, and the next one is looked for. */
export function* tagsIn(text: string, start: number, end: number): Generator<XmlTag> {
  let line = countLines(text, 0, start) + 1;
  for (let at = start; at < end; ) {
    const from = at;
    if (text[at] !== '<') {
      const next = text.indexOf('<', at);
      at = next === -1 || next > end ? end : next;
      yield { kind: 'text', text: decoded(text.slice(from, at)), line };
    } else if (text.startsWith('<!--', at)) {
      const close = text.indexOf('-->', at + 4);
      at = close === -1 || close > end ? end : close + 3;
      if (close === -1) yield { kind: 'unreadable', line, reason: 'a comment of XML does not end' };
      else yield { kind: 'comment', text: text.slice(from + 4, at - 3), line };
    } else if (text.startsWith('<?xml ', at)) {
      const close = text.indexOf('?>', at);
      at = close === -1 || close > end ? end : close + 2;
    } else {
      const tag = tagAt(text, at, line);
      at = Math.min(tag.end, end);
      yield tag.tag;
    }
    line += countLines(text, from, at);
  }
}

function tagAt(text: string, at: number, line: number): { readonly tag: XmlTag; readonly end: number } {
  OPEN.lastIndex = at;
  const [whole, name = '', attributes = '', closed] = OPEN.exec(text) ?? [];
  if (whole !== undefined) {
    const element: XmlElement = { name, attributes: attributesIn(attributes), children: [], text: '', line };
    return { tag: { kind: 'open', element, closed: closed !== undefined }, end: at + whole.length };
  }
  CLOSE.lastIndex = at;
  const close = CLOSE.exec(text);
  if (close !== null) return { tag: { kind: 'close', name: close[1] ?? '', line }, end: at + close[0].length };
  const what = /^<!(?:DOCTYPE|ENTITY|\[CDATA)/.test(text.slice(at, at + 9))
    ? 'iptables-xml prints no document type and no CDATA'
    : 'it is no tag of XML';
  return { tag: { kind: 'unreadable', line, reason: what }, end: at + 1 };
}

function attributesIn(text: string): ReadonlyMap<string, string> {
  return new Map([...text.matchAll(ATTRIBUTE)].map(([, name = '', value = '']) => [name, decoded(value)]));
}

function countLines(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
}

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** The text that references stand for. Numbers below 256 are bytes: iptables-xml knows no characters. */
function decoded(text: string): string {
  if (!text.includes('&')) return text;
  return text.replace(/(?:&#\d{1,7};)+|&(\w{1,6});/g, (whole, name?: string) =>
    name === undefined ? charactersOf([...whole.matchAll(/\d+/g)].map(([digits]) => Number(digits))) : (ENTITIES[name] ?? whole),
  );
}

function charactersOf(numbers: readonly number[]): string {
  try {
    if (numbers.every((number) => number < 256))
      return decodeURIComponent(numbers.map((number) => `%${number.toString(16).padStart(2, '0')}`).join(''));
    return String.fromCodePoint(...numbers);
  } catch {
    return '\ufffd';
  }
}
