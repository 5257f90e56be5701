/** A text as the lines of iptables in it: without loggers, markup and prompts' continuations. */

import { leavesQuoteOpen } from '../words.ts';
import type { Column } from './columns.ts';
import { columnsOf } from './columns.ts';
import type { LoggedText } from './log.ts';
import { withoutLogger } from './log.ts';
import { withoutMarkup } from './markup.ts';
import { linesWithin } from './one-line.ts';
import type { ReadProblems } from './problems.ts';

/** One line of iptables, and the 1-based line of the text that it stands in. */
export interface Line {
  readonly text: string;
  readonly number: number;
  /** Why it can't be read, where the reader of its form knows better than others. */
  readonly lost?: string;
}

/** A rule has a few hundred characters; a page that was made to be small, or a binary, has endless lines. */
const LONGEST_LINE = 65_536;

// Most lines of a save: nothing in them is a logger's, markup, or the end of a prompt's line.
const PLAIN = /^[-:][A-Za-z][ !-%'-;=-[\]-~]*[!-%'-;=-[\]-~]$/;

/** The lines, trimmed; a rule whose quoted word goes on over line ends is one. Lines above 64 KiB are reported and left out. */
export function* readLines(text: string, problems: ReadProblems): Generator<Line> {
  yield* withWholeWords(unwrapped(text, problems));
}

/** How far a quoted word may go on: a comment has 256 characters (xt_comment.h), so no more lines. */
const MOST_JOINED = 257;

const RULE = /^(?:\[\d+:\d+\] ?)?-[AIRD] /;

/** Where the record ends that starts here: behind the line that closes its quote, or with its own line where none does. */
function endOfRecord(text: string, start: number, end: number): number {
  if (!RULE.test(text.slice(start, Math.min(end, start + 60))) || !leavesQuoteOpen(text.slice(start, end))) return end;
  let last = end;
  for (let lines = 1; lines < MOST_JOINED && last < text.length && last - start <= LONGEST_LINE; lines += 1) {
    const feed = text.indexOf('\n', last + 1);
    last = feed === -1 ? text.length : feed;
    if (text.slice(text.lastIndexOf('\n', last - 1) + 1, last).includes('"') && !leavesQuoteOpen(text.slice(start, last))) return last;
  }
  return end;
}

/** The same of what wrappers and prompts stood around: a log has a prefix on each line. */
function* withWholeWords(lines: Iterable<Line>): Generator<Line> {
  let held: Line[] = [];
  for (const line of lines) {
    const [first] = held;
    if (first === undefined) {
      if (isOpenRule(line.text)) held = [line];
      else yield line;
      continue;
    }
    held.push(line);
    const whole = held.map(({ text }) => text).join('\n');
    if (line.text.includes('"') && !leavesQuoteOpen(whole)) {
      yield { text: whole, number: first.number };
      held = [];
    } else if (held.length >= MOST_JOINED || whole.length > LONGEST_LINE) {
      yield* held;
      held = [];
    }
  }
  yield* held;
}

const COMMAND = /\bip6?tables(?:-(?:legacy|nft))? (?:.* )?-(?:[AIRD]|-append|-insert|-replace|-delete) /;

// Of a command only the values that are free text: prose has quotation marks of its own.
const OPEN_TEXT = /--(?:comment|log-prefix|nflog-prefix)[ =]"(?:[^"\\]|\\.)*$/;

function isOpenRule(text: string): boolean {
  if (!text.includes('"') || text.includes('\n')) return false;
  return RULE.test(text) ? leavesQuoteOpen(text) : OPEN_TEXT.test(text) && COMMAND.test(text);
}

function* unwrapped(text: string, problems: ReadProblems): Generator<Line> {
  let number = 0;
  let columns: readonly Column[] | null = null;
  let held: Line | null = null;
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const line = feed === -1 ? text.length : feed;
    const end = held === null && (text[start] === '-' || text[start] === '[') ? endOfRecord(text, start, line) : line;
    number += 1;
    if (end > line) {
      yield { text: text.slice(start, end).trim(), number };
      number += text.slice(start, end).split('\n').length - 1;
    } else if (end - start > LONGEST_LINE) {
      problems.add('line-too-long', number, { length: `${end - start}`, limit: `${LONGEST_LINE}` });
      held = null;
    } else if (held === null && PLAIN.test(text.slice(start, end))) {
      yield { text: text.slice(start, end), number };
    } else {
      columns ??= columnsOf(text);
      const { text: logged, partial } = withoutColumns(trimmedEnd(text.slice(start, end)), columns);
      // A message that the runtime has cut shows what it is only when it is whole again.
      const whole: Line = held === null ? { text: logged, number } : { text: withoutLogger(held.text + logged).text, number: held.number };
      const goesOn = partial || isContinued(whole.text);
      held = goesOn && whole.text.length <= LONGEST_LINE ? { ...whole, text: partial ? whole.text : whole.text.slice(0, -1) } : null;
      if (held === null) yield* linesOf(whole);
    }
    start = end + 1;
  }
  if (held !== null) yield* linesOf(held);
}

/** A line without what loggers, and whatever prints in columns, put before it. */
function withoutColumns(line: string, columns: readonly Column[]): LoggedText {
  const logged = withoutLogger(line);
  for (const column of columns) {
    const rest = column(logged.text);
    if (rest !== null) return { ...withoutLogger(rest), partial: logged.partial };
  }
  return logged;
}

/** A shell command that goes on in the next line. */
function isContinued(text: string): boolean {
  return text.endsWith('\\') && text.includes('tables ');
}

function trimmedEnd(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

function* linesOf({ text, number }: Line): Generator<Line> {
  const parts = /[\n\r]/.test(text) ? text.split(/[\n\r]+/) : [text];
  for (const part of parts.flatMap(linesWithin)) {
    for (const line of withoutMarkup(part)) yield { text: withoutQuoting(line.trim()), number };
  }
}

// A Markdown quotation, or the number that a page puts before each line of code.
function withoutQuoting(text: string): string {
  const quoted = text.startsWith('>') ? text.replace(/^(?:> ?){1,9}/, '').trim() : text;
  return /^\d/.test(quoted)
    ? quoted.replace(/^\d{1,5}[.:|)]?\s+(?=\*\s?\w+$|:[\w-]+ |-[ADFINPRX] \w|COMMIT$|\[\d+:\d+\] -A|Chain \S+ \()/, '')
    : quoted;
}
