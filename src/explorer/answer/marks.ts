/** What the lines of a pasted text are: read as a rule, said by a setting, not read, wrong. */

import type { ChainView } from './chains.ts';
import type { FieldsView } from './fields.ts';
import type { ProblemView } from './problems.ts';

export interface LineMark {
  /** 1-based. */
  readonly line: number;
  readonly column?: number;
  readonly kind: 'read' | ProblemView['severity'];
  /** What is wrong with it; empty for a line that was read. */
  readonly text: string;
  /** The rules that come of it. */
  readonly rules: readonly string[];
}

const WORST = ['error', 'warning', 'note'] as const;

// A text has more lines than anybody looks at, and each mark costs the page its time.
const MOST_MARKS = 20_000;

/** By line; what is wrong with a line beats that it was read. */
export function marksOf(chains: readonly ChainView[], { settings }: FieldsView, problems: readonly ProblemView[]): readonly LineMark[] {
  const rules = chains.flatMap((chain) => chain.rules);
  const marks = new Map<number, LineMark>();
  const read = (line: number, ids: readonly string[]): void => {
    marks.set(line, { line, kind: 'read', text: '', rules: [...(marks.get(line)?.rules ?? []), ...ids] });
  };
  for (const { id, line } of rules) if (line !== undefined) read(line, [id]);
  const bySetting = new Map<string, string[]>();
  for (const { id, settings: keys } of rules) for (const key of keys) bySetting.set(key, [...(bySetting.get(key) ?? []), id]);
  for (const { key, line } of settings) if (line !== undefined) read(line, bySetting.get(key) ?? []);
  for (const { line, column, text, severity } of problems)
    if (line !== undefined) {
      const { kind = 'read', text: others = '', rules: ids = [] } = marks.get(line) ?? {};
      const worst = WORST.find((one) => one === kind || one === severity) ?? severity;
      const title = others === '' ? text : `${others}\n${text}`;
      marks.set(line, { line, kind: worst, text: title, rules: ids, ...(column !== undefined && { column }) });
    }
  return [...marks.values()].sort((a, b) => a.line - b.line).slice(0, MOST_MARKS);
}
