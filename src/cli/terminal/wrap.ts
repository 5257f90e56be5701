/** Lines that end between words. */

import { padded, widthOf, withoutCodes } from './columns.ts';

/** Where the first line of a text begins and ends, and the others. */
interface Room {
  readonly columns: number;
  /** Where the lines after the first begin. */
  readonly hang: number;
  /** What stands at the end of a line that goes on, as a shell wants it. */
  readonly goesOn?: string;
}

/** Lines of a text, none above `width` columns unless one word is. */
export function wrapped(text: string, width: number): readonly string[] {
  return broken(text, { columns: width, hang: 0 });
}

/** A label, and a text beside it that goes on below itself. */
export function hanging(label: string, text: string, width: number): readonly string[] {
  return broken(`${label}${text}`, { columns: width, hang: widthOf(label), ...goingOn(text) });
}

/** A text whose lines after the first begin at a column. */
export function wrappedBelow(text: string, hang: number, width: number): readonly string[] {
  return broken(text, { columns: width, hang });
}

/** A line that is too long, as several: what goes on stands below the beginning of its last column. */
export function wrappedLine(line: string, columns: number): readonly string[] {
  if (widthOf(line) <= columns) return [line];
  const plain = withoutCodes(line);
  const hang = hangOf(plain, columns);
  return broken(line, { columns, hang, ...goingOn(plain.slice(hang)) });
}

// Of a line, before what goes on.
const MOST = 0.6;

// A command to copy goes on as a shell reads it, also behind words that lead to it.
const COMMAND =
  /^(?:(?:and [\d,]+ more|(?:and [\d,]+ more; )?all of it|on its way): )?(?:\.\.\. \| )?(?:[A-Z_]+=\S* )*(?:istio-init [a-z]+ [^ ]+|istio-iptables -|kubectl [a-z]+ |sudo )[^]*[^.:;]$/;
// Marks of a list, of a diff, of a severity.
const MARK = /^ *(?:[-+*~#✓✗?·]|---|\+\+\+|note:|error:|warning:|fix:|why:|changed:|arguments) +/;

function goingOn(text: string): Pick<Room, 'goesOn'> {
  return COMMAND.test(text) ? { goesOn: ' \\' } : {};
}

/** Below the last column that leaves enough beside it, or below what a mark is of; a sentence goes on two columns in. */
function hangOf(plain: string, columns: number): number {
  const lead = / */.exec(plain)?.[0].length ?? 0;
  const gaps = [...plain.slice(lead).matchAll(/ {2,}/g)].map(({ index, 0: gap }) => lead + index + gap.length);
  const column = gaps.findLast((at) => at <= columns * MOST) ?? MARK.exec(plain)?.[0].length;
  const hang = column ?? (lead === 0 ? 2 : lead);
  return hang <= columns * MOST ? hang : 2;
}

/** A piece that stays whole, with the gap before it. */
interface Piece {
  readonly gap: string;
  readonly text: string;
}

function broken(text: string, { columns, hang, goesOn = '' }: Room): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const { gap, text: word } of piecesOf(text, columns - hang - goesOn.length, goesOn !== '')) {
    // Behind the last word nothing is left that could want a line.
    if (line.trim() === '' || word === '' || widthOf(`${line}${gap}${word}`) <= columns - goesOn.length) {
      line += gap + word;
      continue;
    }
    lines.push(`${line.trimEnd()}${goesOn}`);
    // A word that has no room below the column may have it further to the left.
    line = `${' '.repeat(Math.max(0, Math.min(hang, columns - goesOn.length - widthOf(word))))}${word}`;
  }
  return [...lines, line];
}

/** The words; a list that has no room in a line of its own may end a line behind a comma. */
function piecesOf(text: string, room: number, shell: boolean): readonly Piece[] {
  const words = text.matchAll(shell ? /( *)((?:[^ ']|'[^']*'|')+|$)/g : /( *)([^ ]+|$)/g);
  return [...words].flatMap(([, gap = '', word = '']) => {
    if (shell || widthOf(word) <= room || !word.includes(',')) return [{ gap, text: word }];
    return word.split(/(?<=,)/).map((part, index) => ({ gap: index === 0 ? gap : '', text: part }));
  });
}

/** The cells of a row side by side: each a column wide, the last as wide as it is. */
export function row(cells: readonly (readonly string[])[], widths: readonly number[]): readonly string[] {
  const height = Math.max(...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, index) =>
    cells
      .map((lines, column) => padded(lines[index] ?? '', widths[column] ?? 0))
      .join(' ')
      .trimEnd(),
  );
}
