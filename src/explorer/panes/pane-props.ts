import type { Answer, Beyond } from '../answer.ts';
import type { Change, Question } from '../question.ts';

/** What every pane is given. */
export interface PaneProps {
  readonly question: Question;
  readonly answer: Answer;
  /** Undefined while it is being worked out. */
  readonly beyond: Beyond | undefined;
  readonly change: Change;
}

/** What is looked at on both sides: a rule, and what belongs to it. */
export interface Highlight {
  /** The rule at which the reader stands; empty for none. */
  readonly current: string;
  /** Rules of a line or of a setting that was pointed at. */
  readonly lit: readonly string[];
  readonly showRule: (rule: string) => void;
  readonly light: (rules: readonly string[]) => void;
}
