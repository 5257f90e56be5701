/** The lines of one table's listing to the edits that make the table. */

import type { Family } from '../family.ts';
import type { Rule } from '../rule.ts';
import { plainWords } from '../words.ts';
import type { Edit } from './edit.ts';
import type { Line } from './lines.ts';
import { withoutRowRemark } from './remarks.ts';
import type { Columns } from './row.ts';
import { readColumns, readCounts, readRow } from './row.ts';
import type { Unreadable } from './rule-words.ts';
import { chainHeading } from './shapes.ts';

/** What was read of a section. */
export interface PlacedEdit {
  readonly edit: Edit;
  readonly line: Line;
}

/** A line that can't be read. */
export interface LostLine {
  readonly line: Line;
  readonly reason: string;
  /** The chain whose rows it stands among. */
  readonly chain?: string;
}

export interface ReadLines {
  readonly edits: readonly PlacedEdit[];
  readonly lost: readonly LostLine[];
  /** The first line with a rule whose interfaces the form hides. */
  readonly hidden?: number;
}

/** Reads a listing. A row that can't be read is lost, except behind a blank line, where other text may follow. */
export function readListing(lines: readonly Line[], family: Family): ReadLines {
  const edits: PlacedEdit[] = [];
  const lost: LostLine[] = [];
  // The rows below a heading that can't be read are of no chain that is known.
  let chain: string | null = null;
  let columns: Columns | null = null;
  let gap = false;
  let hidden: number | undefined;
  let until = 0;
  for (const [index, line] of lines.entries()) {
    // What stands inside a comment is no row, whatever it looks like.
    if (index < until) continue;
    const heading = chainHeading(line.text);
    if (heading !== null) {
      chain = heading.chain;
      gap = false;
      const counters = readCounts(heading.packets, heading.bytes);
      if (chain === null) lost.push({ line, reason: "that can't be the name of a chain" });
      else {
        const references = heading.references === undefined ? {} : { references: Number(heading.references) };
        edits.push({
          line,
          edit: { kind: 'declare', chain, policy: heading.policy, empties: true, ...(counters && { counters }), ...references },
        });
      }
      continue;
    }
    if (line.text === '') {
      gap = true;
      continue;
    }
    const named = readColumns(plainWords(line.text));
    if (named !== null) {
      columns = named;
      continue;
    }
    until = endOfComment(lines, index);
    if (until === 0 || /^\/\*|^[^/]*\*\/$/.test(line.text)) {
      lost.push({ line, reason: 'a comment begins or ends here and not in the same row: what stands around it may be of the comment' });
      continue;
    }
    const whole =
      until > index + 1
        ? lines
            .slice(index, until)
            .map(({ text }) => text)
            .join(' ')
        : line.text;
    const rule = chain === null ? { reason: 'its chain is not known' } : readAnyRow(withoutRowRemark(whole), columns, family);
    if ('reason' in rule) {
      if (!gap) lost.push({ line, reason: rule.reason, ...(chain !== null && { chain }) });
      continue;
    }
    if (rule.matches.some(({ kind }) => kind === 'unknown')) hidden ??= line.number;
    if (chain !== null) edits.push({ line, edit: { kind: 'append', chain, rule: { ...rule, line: line.number } } });
  }
  return { edits, lost, ...(hidden !== undefined && { hidden }) };
}

// A comment has 256 characters, so no more lines.
const MOST_LINES = 257;

/** Where the row ends that starts at an index: iptables -L prints a comment with line breaks as it is. 0 where the comment has no end. */
function endOfComment(lines: readonly Line[], start: number): number {
  const text = lines[start]?.text ?? '';
  if (text.lastIndexOf('/*') <= text.lastIndexOf('*/')) return start + 1;
  const end = lines.slice(start + 1, start + MOST_LINES).findIndex((line) => line.text.includes('*/'));
  return end === -1 ? 0 : start + 2 + end;
}

// Where a page has lost the heading of the columns: the fullest form first.
const GUESSES: readonly Columns[] = [
  { number: false, counters: true, interfaces: true },
  { number: true, counters: true, interfaces: true },
  { number: false, counters: false, interfaces: false },
  { number: true, counters: false, interfaces: false },
];

function readAnyRow(text: string, columns: Columns | null, family: Family): Rule | Unreadable {
  if (columns !== null) return readRow(text, columns, family);
  const rows = GUESSES.map((guess) => readRow(text, guess, family));
  return rows.find((row) => !('reason' in row)) ?? { reason: 'it does not have the columns of a listing' };
}
