/** A listing of nft without what logs, mails and pages put before and behind each of its lines. */

import { withoutLogger } from '../read/log.ts';
import { withoutMarkup } from '../read/markup.ts';

const HEADING = /^(.{0,300}?)table (?:inet|ip6?) [\w./-]{1,256} \{/;

// Times and numbers of lines go on from line to line.
const VARYING = /\d+|[^\d\s]+|\s+/g;

/** The text, line for line; as it is where no line of it begins a table behind a prefix. */
export function unwrapped(text: string): string {
  if (!/table\s(?:inet|ip6?)\s/.test(text)) return text;
  const lines = text.split('\n').map((line) => withoutMarkup(withoutLogger(line.replace(/\r$/, '')).text).join(' '));
  const prefix = lines.map((line) => HEADING.exec(line)?.[1]).find((found) => found !== undefined);
  if (prefix === undefined || prefix.trim() === '') return lines.join('\n');
  const shape = new RegExp(`^\\s*${shapeOf(prefix.trim())} ?`);
  const border = /[|│┃]/.exec(prefix.trim().slice(-1))?.[0];
  const plain = lines.map((line) => line.replace(shape, ''));
  return (border === undefined ? plain : plain.map((line) => (line.trimEnd().endsWith(border) ? line.trimEnd().slice(0, -1) : line))).join(
    '\n',
  );
}

function shapeOf(prefix: string): string {
  return prefix.replace(VARYING, (part) => {
    if (/^\d/.test(part)) return '\\d+';
    return part.trim() === '' ? '\\s+' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
}
