/** A rule as iptables-xml prints it, to the lines of the save that it was made of: `-c` joins rules that ask the same. */

import { printWord, quoteWord } from '../words.ts';
import type { Unreadable } from './rule-words.ts';

export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: XmlElement[];
  text: string;
  /** 1-based. */
  readonly line: number;
}

/** The rule as iptables-restore takes it, once for each of its targets. */
export function ruleLines(chain: string, { attributes, children }: XmlElement): { readonly lines: readonly string[] } | Unreadable {
  const known = children.every(({ name }) => name === 'conditions' || name === 'actions');
  const [actions, more] = children.filter(({ name }) => name === 'actions');
  const conditions = children.filter(({ name }) => name === 'conditions');
  if (!known || more !== undefined || conditions.length > 1) return { reason: 'a rule has conditions and actions, each once' };
  const matches = partsText(conditions[0]?.children ?? [], ({ name }) => (name === 'match' ? '' : `-m ${quoteWord(name)}`));
  if (typeof matches !== 'string') return matches;
  const [packets, bytes] = ['packet-count', 'byte-count'].map((key) => attributes.get(key));
  const start = `${packets === undefined || bytes === undefined ? '' : `[${packets}:${bytes}] `}-A ${chain}${matches}`;
  const targets = actions?.children ?? [];
  if (targets.length === 0) return { lines: [start] };
  const lines: string[] = [];
  for (const target of targets) {
    const done = targetText(target);
    if (typeof done !== 'string') return done;
    lines.push(start + done);
  }
  return { lines };
}

function targetText(target: XmlElement): string | Unreadable {
  const { name, children } = target;
  if (name !== 'call' && name !== 'goto') return partsText([target], () => `-j ${quoteWord(name)}`);
  const [chain, more] = children;
  if (chain === undefined || more !== undefined || chain.children.length > 0 || chain.text !== '' || chain.attributes.size > 0)
    return { reason: `<${name}> holds the name of one chain` };
  return ` ${name === 'call' ? '-j' : '-g'} ${chain.name}`;
}

/** Modules or targets with their options. */
function partsText(parts: readonly XmlElement[], head: (part: XmlElement) => string): string | Unreadable {
  let text = '';
  for (const part of parts) {
    const words = head(part);
    text += words === '' ? '' : ` ${words}`;
    for (const option of part.children) {
      const condition = optionText(option);
      if (typeof condition !== 'string') return condition;
      text += ` ${condition}`;
    }
  }
  return text;
}

// What iptables-xml prints of a value that a line break takes apart (1.4 to 1.8.7): nothing.
const FREE_TEXT: readonly string[] = ['comment', 'log-prefix', 'nflog-prefix', 'name', 'label', 'string', 'hex-string'];

function optionText({ name, attributes, children, text }: XmlElement): string | Unreadable {
  const inverts = attributes.get('invert');
  if (children.length > 0 || !/^[\w-]+$/.test(name) || attributes.size > (inverts === undefined ? 0 : 1) || (inverts ?? '1') !== '1')
    return { reason: `<${name}> is no option as iptables-xml prints one` };
  const value = valueText(text);
  if (value === '' && FREE_TEXT.includes(name))
    return { reason: `the text of --${name} is not shown: it may go on over line ends, and what follows may stand in it` };
  return `${inverts === undefined ? '' : '! '}${name.length === 1 ? '-' : '--'}${name}${value === '' ? '' : ` ${value}`}`;
}

/** Words as a save has them. What is in quotes is one word; no word of a value is an option, whatever it looks like. */
function valueText(text: string): string {
  const trimmed = text.trim();
  if (trimmed.length > 1 && trimmed.startsWith('"') && trimmed.endsWith('"'))
    return quoted(trimmed.slice(1, -1).replace(/\\(["\\])/g, '$1'));
  return trimmed
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word, index) => (index === 0 && word === '!' ? word : printWord({ text: word, raw: quoted(word) })))
    .join(' ');
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
