/** A table for people. */

import { padded, widthOf } from './columns.ts';
import { hanging, wrapped } from './wrap.ts';

// Between two cells, until a table is laid out: text from outside has none, because `onOneLine` spells it out.
const CELL = '\t';
const GAP = 2;

/** Rows below a head: lines that `tableLines` lays out for the width that there is. */
export function tableText(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, ...rows].map((row) => `${row.map((cell) => cell.replaceAll(CELL, ' ')).join(CELL)}\n`).join('');
}

/** Whether a line is a row of a table. */
export function isRow(line: string): boolean {
  return line.includes(CELL);
}

/** Lines of the table of these rows: as wide as its cells; else cells go on below themselves; else each row is a list of its cells. */
export function tableLines(lines: readonly string[], columns: number): readonly string[] {
  const rows = lines.map((line) => line.split(CELL));
  const [head = [], ...body] = rows;
  const most = head.map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  const longest = (pieces: RegExp): readonly number[] =>
    head.map((_, column) => Math.max(...rows.flatMap((row) => (row[column] ?? '').split(pieces).map(widthOf))));
  // Lists end a line behind a comma only where whole words have no room.
  const least = [/ +/, / +|(?<=,)/].map(longest).find((widths) => totalOf(widths) <= columns);
  if (least === undefined) return listLines(head, body, columns);
  const widths = narrowed(most, least, columns);
  const numbers = head.map((_, column) => body.every((row) => /^[\d,]+$/.test(row[column] ?? '')));
  return rows.flatMap((row) => rowLines(row, widths, numbers));
}

function totalOf(widths: readonly number[]): number {
  return widths.reduce((sum, width) => sum + width, GAP * (widths.length - 1));
}

/** Columns that give way, the widest first, until all fit. */
function narrowed(most: readonly number[], least: readonly number[], columns: number): readonly number[] {
  const widths = [...most];
  for (let over = totalOf(widths) - columns; over > 0; over -= 1) {
    const slack = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0));
    const widest = slack.indexOf(Math.max(...slack));
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

/** Numbers go to the right. Nothing is behind the last cell. */
function rowLines(row: readonly string[], widths: readonly number[], numbers: readonly boolean[]): readonly string[] {
  const cells = widths.map((width, column) => wrapped(row[column] ?? '', width));
  const height = Math.max(...cells.map(({ length }) => length));
  return Array.from({ length: height }, (_, index) =>
    cells
      .map((lines, column) => {
        const [text, width] = [lines[index] ?? '', widths[column] ?? 0];
        return numbers[column] === true ? text.padStart(width) : padded(text, width);
      })
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
}

/** As psql shows what is too wide: a line for each cell, behind its column's name. */
function listLines(head: readonly string[], rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const name = Math.max(...head.map(widthOf));
  return rows.flatMap((row, index) => [
    ...(index === 0 ? [] : ['']),
    ...row.flatMap((cell, column) => hanging(padded(head[column] ?? '', name + GAP), cell, columns)),
  ]);
}

/** A cell that may be cut: what is longer than a screen takes is in the other forms. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 3)}...`;
}
