/** The lines of one table's listing to the edits that make the table. */

import type { Family } from '../family.ts';
import type { Rule } from '../rule.ts';
import { plainWords } from '../words.ts';
import type { Edit } from './edit.ts';
import type { Line } from './lines.ts';
import type { ReadProblems } from './problems.ts';
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

/** Reads a listing. A row that can't be read is reported, except behind a blank line, where other text may follow. */
export function readListing(lines: readonly Line[], family: Family, problems: ReadProblems): readonly PlacedEdit[] {
  const edits: PlacedEdit[] = [];
  // The rows below a heading that can't be read are of no chain that is known.
  let chain: string | null = null;
  let columns: Columns | null = null;
  let gap = false;
  let hidden: number | null = null;
  for (const line of lines) {
    const heading = chainHeading(line.text);
    if (heading !== null) {
      chain = heading.chain;
      gap = false;
      const counters = readCounts(heading.packets, heading.bytes);
      if (chain === null) problems.add('unreadable-line', line.number, { text: line.text, reason: "that can't be the name of a chain" });
      else edits.push({ line, edit: { kind: 'declare', chain, policy: heading.policy, empties: true, ...(counters && { counters }) } });
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
    const rule = chain === null ? { reason: 'its chain is not known' } : readAnyRow(withoutRowRemark(line.text), columns, family);
    if ('reason' in rule) {
      if (!gap) problems.add('unreadable-line', line.number, { text: line.text, reason: rule.reason });
      continue;
    }
    if (rule.matches.some(({ kind }) => kind === 'unknown')) hidden ??= line.number;
    if (chain !== null) edits.push({ line, edit: { kind: 'append', chain, rule: { ...rule, line: line.number } } });
  }
  if (hidden !== null) problems.add('interfaces-not-shown', hidden);
  return edits;
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
