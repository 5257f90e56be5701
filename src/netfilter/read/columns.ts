/**
 * What the same program has put before many lines of a text: the names of a pod and its container (stern), a journal's
 * host and process, a container's name and a bar (compose), numbers (grep -n), a bullet, a quotation mark, a box.
 * No list of programs: a prefix that stands before several lines of iptables, numbers aside, stands before others too.
 */

import { prefixOf, startsAsRules } from './line-starts.ts';
import { withoutLogger } from './log.ts';

/** Takes a column off a line; null where the line does not have it. */
export type Column = (text: string) => string | null;

// Fewer are a page's prose that quotes a rule twice.
const FEWEST = 3;

// Several logs may stand in a text, each with its own prefix.
const MOST = 8;

// In characters. A prefix shows in the first lines; nothing is gained by looking through a dump of 100 MB.
const LOOKED_AT = 4_000_000;

/** The columns of a text. */
export function columnsOf(text: string): readonly Column[] {
  const counts = new Map<string, number>();
  for (let start = 0; start < text.length && start < LOOKED_AT; ) {
    const feed = text.indexOf('\n', start);
    const end = feed === -1 ? text.length : feed;
    const line = text.slice(start, Math.min(end, start + 1000));
    // No logger's line begins so.
    const prefix = end - start > 4 && !startsAsRules(line) ? prefixOf(withoutLogger(line).text) : null;
    if (prefix !== null) {
      const shape = shapeOf(prefix);
      counts.set(shape, (counts.get(shape) ?? 0) + 1);
    }
    start = end + 1;
  }
  return [...counts]
    .filter(([, count]) => count >= FEWEST)
    .sort(([, a], [, b]) => b - a)
    .slice(0, MOST)
    .map(([shape]) => columnOf(shape));
}

// Times, counters and identifiers differ from line to line.
const VARYING = /\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]+\b|\d+/g;

function shapeOf(prefix: string): string {
  return prefix.replace(VARYING, '0').replace(/\s+/g, ' ');
}

function columnOf(shape: string): Column {
  const source = shape
    .replace(/ $/, '')
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll('0', '[0-9a-fA-F]+')
    .replaceAll(' ', '\\s+');
  // The blank that ends the prefix is gone from a line that holds nothing else.
  const pattern = new RegExp(`^${source}${shape.endsWith(' ') ? '(?:\\s|\\s*$)' : ''}`);
  const close = closing(shape);
  return (text) => {
    if (startsAsRules(text)) return null;
    const found = pattern.exec(text);
    return found === null ? null : close(text.slice(found[0].length));
  };
}

/** Takes off what closes that with which the prefix ends or begins: a quotation mark, the border of a box. */
function closing(shape: string): (rest: string) => string {
  const quote = /(["'`]) ?$/.exec(shape)?.[1];
  if (quote === '"') return (rest) => withoutEscapes(rest.replace(/"[\s,\]})]*$/, ''));
  if (quote !== undefined) return (rest) => rest.replace(new RegExp(`${quote}[\\s,\\]})]*$`), '');
  if (/^ ?[|\u2500-\u257f]/.test(shape)) return (rest) => rest.replace(/\s*[|\u2500-\u257f]\s*$/, '');
  return (rest) => rest;
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '', t: '\t' };

/** What JSON, YAML and CSV (which doubles the mark) write within double quotes. */
function withoutEscapes(text: string): string {
  if (!/\\|""/.test(text)) return text;
  return text.replace(/\\(.)|""/gs, (_, escaped?: string) => (escaped === undefined ? '"' : (ESCAPES[escaped] ?? escaped)));
}
