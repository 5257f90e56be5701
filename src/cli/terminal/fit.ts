/** The one writer of all that people read: tables, reports, notes, errors and help, at the width that there is. */

import { isRow, tableLines } from './table.ts';
import { wrappedLine } from './wrap.ts';

/** A text whose lines fit: no word is broken, and only a word that is longer than a line runs over. */
export function fitted(text: string, columns: number): string {
  const lines = text.split('\n');
  const blocks: string[][] = [];
  for (const [index, line] of lines.entries()) {
    if (isRow(line) && index > 0 && isRow(lines[index - 1] ?? '')) blocks.at(-1)?.push(line);
    else blocks.push([line]);
  }
  return blocks
    .flatMap((block) => (isRow(block[0] ?? '') ? tableLines(block, columns) : block.flatMap((line) => wrappedLine(line, columns))))
    .join('\n');
}

/** Marks that a terminal without Unicode's signs shows as something else. */
const ASCII: Readonly<Record<string, string>> = { '✓': '+', '✗': 'x', '·': '-' };

/** The marks of the program as a terminal can show them: the console of Linux, and a locale of another character set, have no such signs. */
export function withSymbols(
  text: string,
  stream: { readonly isTTY?: boolean },
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (stream.isTTY !== true) return text;
  const locale = environment['LC_ALL'] || environment['LC_CTYPE'] || environment['LANG'] || 'UTF-8';
  const seen = /utf-?8/i.test(locale) && !['linux', 'dumb'].includes(environment['TERM'] ?? '');
  return seen ? text : text.replace(/[✓✗·]/g, (mark) => ASCII[mark] ?? mark);
}
