/** What is wrong, and where in the text that stands. */

import { onOneLine, printSource } from '../../istio/origin.ts';
import type { Problem } from '../../istio/problems.ts';
import { messageOf, ProblemError, problemText } from '../../istio/problems.ts';
import { PASTED } from './parts.ts';

export interface ProblemView {
  /** 1-based, of the pasted text. */
  readonly line?: number;
  readonly column?: number;
  readonly text: string;
  readonly severity: 'error' | 'warning' | 'note';
}

export function problemView(problem: Problem): ProblemView {
  const { source, severity } = problem;
  const text = onOneLine(problemText(problem));
  if (source.kind !== 'file') return { text: `${printSource(source)}: ${text}`, severity };
  return source.file === PASTED && source.line > 0 ? { line: source.line, column: source.column, text, severity } : { text, severity };
}

/** The same of a text that nobody pasted. */
export function withoutPlace({ text, severity }: ProblemView): ProblemView {
  return { text, severity };
}

/** What an error says; of one that is no fault of the input, its message. */
export function problemsIn(error: unknown): readonly ProblemView[] {
  if (error instanceof ProblemError) return error.problems.map(problemView);
  return [{ text: messageOf(error), severity: 'error' }];
}
