/** Text from outside in Markdown, in which it is never markup. */

import { onOneLine } from '../../istio/origin.ts';

/** Text as text. */
export function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~]/g, '\\$&');
}

/** Text as code in a cell of a table, where a bar ends the cell even in code. */
export function cellCode(text: string): string {
  return code(onOneLine(text)).replaceAll('|', '\\|');
}

/** Text as code: between more backticks than stand in it. */
export function code(text: string): string {
  const ticks = '`'.repeat(longestRun(text) + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${text}${space}${ticks}`;
}

/** Lines as a block of code. */
export function fenced(language: string, lines: readonly string[]): readonly string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${fence}${language}`, ...lines, fence];
}

/** Parts as one block of code, an empty line between them; nothing for no parts. */
export function fencedParts(language: string, parts: readonly (readonly string[])[]): readonly string[] {
  return parts.length === 0 ? [] : fenced(language, joinedParts(parts));
}

/** The lines of parts, an empty one between them. */
export function joinedParts(parts: readonly (readonly string[])[]): readonly string[] {
  return parts.flatMap((part, index) => (index === 0 ? part : ['', ...part]));
}

/** A table of cells that are Markdown already; nothing for no rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  return [`| ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length)}`, ...rows.map((cells) => `| ${cells.join(' | ')} |`)];
}

function longestRun(text: string): number {
  return [...text.matchAll(/`+/g)].reduce((longest, [ticks]) => Math.max(longest, ticks.length), 0);
}
