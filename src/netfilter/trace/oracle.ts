/** Questions that nobody answers: each run of a packet takes one combination of answers, and all runs together take every one. */

import type { Answer, Question, Step } from './result.ts';

/** A question as one run met it. */
export interface AnsweredQuestion {
  readonly question: Question;
  readonly answers: readonly Answer[];
  /** How many steps were taken before it came up. */
  readonly steps: number;
}

/** Answers the first questions of a run as it is told, and all later ones with their first answer. */
export class Oracle {
  readonly questions: AnsweredQuestion[] = [];
  readonly #answers: readonly number[];
  readonly #steps: readonly Step[] | null;

  constructor(answers: readonly number[], steps: readonly Step[] | null) {
    this.#answers = answers;
    this.#steps = steps;
  }

  ask(question: Question, answers: readonly Answer[]): Answer {
    const choice = this.#answers[this.questions.length] ?? 0;
    this.questions.push({ question, answers, steps: this.#steps?.length ?? 0 });
    return answers[choice] ?? 'no';
  }

  yes(question: Question): boolean {
    return this.ask(question, YES_OR_NO) === 'yes';
  }
}

const YES_OR_NO: readonly Answer[] = ['yes', 'no'];
