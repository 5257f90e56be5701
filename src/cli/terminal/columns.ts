/** How many columns a text takes, and how many there are. */

interface Stream {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

// A terminal that does not tell its width, as one behind a serial line, is as wide as the first ones were.
const USUAL = 80;
const ELSEWHERE = 100;

/**
 * The columns of a terminal; for a pipe or a file there is no end of a line, so that grep finds a sentence in one piece.
 * COLUMNS counts where a terminal does not tell.
 */
export function columnsOf(stream: Stream, environment: Readonly<Record<string, string | undefined>>): number {
  if (stream.isTTY !== true) return Number.POSITIVE_INFINITY;
  const reported = [stream.columns, Number(environment['COLUMNS'])].find((one) => one !== undefined && one > 0);
  return reported ?? USUAL;
}

// Longer lines of a page are hard to read.
const PAGE = 120;

/** The columns of a report that has the form of a page, with paragraphs and columns of its own; away from a terminal 100. */
export function pageWidth(stream: Stream, environment: Readonly<Record<string, string | undefined>>, elsewhere = ELSEWHERE): number {
  const columns = columnsOf(stream, environment);
  return Number.isFinite(columns) ? Math.min(PAGE, columns) : elsewhere;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins the codes of color.ts
const CODES = /\u001b\[\d+m/g;
const ASCII = /^[ -~]*$/;
// Unicode's East Asian Width: what takes two columns. Marks stand above the character before them.
const WIDE = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60]/u;
const MARK = /\p{Mn}/u;

/** A text without the codes of colours. */
export function withoutCodes(text: string): string {
  return text.replace(CODES, '');
}

/** Columns that a text takes on a terminal; codes of colours take none. */
export function widthOf(text: string): number {
  const visible = withoutCodes(text);
  if (ASCII.test(visible)) return visible.length;
  return [...visible].reduce((sum, character) => sum + (MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1), 0);
}

/** A text with spaces behind it, as wide as that. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}
