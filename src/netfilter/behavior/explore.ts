/** All ways that a state can go: whatever the simulator asks is answered in every way, each for the packets it is true of. */

import { Oracle } from '../trace/oracle.ts';
import type { Answer, Question } from '../trace/result.ts';
import type { Walk } from '../trace/walk.ts';
import type { Arena } from './arena.ts';
import { NONE } from './diagram.ts';
import type { NumberName } from './space.ts';
import type { State } from './state.ts';
import { become, copyOf, NUMBER_FIELDS, narrowedSet } from './state.ts';

/** One way that was gone: where it led, and what the act said of it. */
export interface Gone<R> {
  readonly state: State;
  readonly result: R;
}

/** Replaces what the walk is by one of several: what came of it in a chain. False where nothing did. */
export type Fork = (walk: Walk, into: (state: State) => readonly State[]) => boolean;

/** Fields that are `kept` are what they were before the fork: the very same to whoever compares. */
type Choice = { readonly answer: Answer } | { readonly after: State; readonly kept: readonly NumberName[] };

class BranchingOracle extends Oracle {
  readonly #answer: (question: Question, answers: readonly Answer[]) => Answer;

  constructor(answer: (question: Question, answers: readonly Answer[]) => Answer) {
    super([], null);
    this.#answer = answer;
  }

  override ask(question: Question, answers: readonly Answer[]): Answer {
    return this.#answer(question, answers);
  }
}

/**
 * Repeats the act until every question and every fork in it has been taken in every way. `at` names the place of the act:
 * what is not understood is asked anew at each. `finish` says what the act has done to the state.
 */
export function explore<R>(
  arena: Arena,
  start: State,
  at: () => string,
  act: (walk: Walk, fork: Fork) => R,
  finish: (before: State, after: State) => State = (_, after) => after,
): readonly Gone<R>[] {
  const gone: Gone<R>[] = [];
  const open: Choice[][] = [[]];
  for (let branch = open.pop(); branch !== undefined; branch = open.pop()) {
    const one = goOnce(arena, start, at, act, finish, branch, open);
    if (one !== undefined) gone.push(one);
  }
  return gone;
}

function goOnce<R>(
  arena: Arena,
  start: State,
  at: () => string,
  act: (walk: Walk, fork: Fork) => R,
  finish: (before: State, after: State) => State,
  branches: Choice[],
  open: Choice[][],
): Gone<R> | undefined {
  let { set, overlaid } = start;
  let index = 0;
  const choose = (choices: readonly Choice[]): Choice | undefined => {
    const known = branches[index];
    index += 1;
    if (known !== undefined) return known;
    const [first, ...others] = choices;
    open.push(...others.map((other) => [...branches, other]));
    if (first !== undefined) branches.push(first);
    return first;
  };
  const oracle = new BranchingOracle((question, answers) => {
    const choice = choose(answers.map((answer) => ({ answer })));
    const answer = choice !== undefined && 'answer' in choice ? choice.answer : 'no';
    // The walk itself keeps the answer to a question of its fields, by what is left of their ranges.
    if (question.kind !== 'field') set = arena.diagrams.and(set, arena.answered(keyOf(question, at), question, answers, answer));
    return answer;
  });
  const fork: Fork = (forked, into) => {
    const known = branches[index];
    const now = known === undefined ? narrowedSet(arena, { walk: forked, set, overlaid }) : NONE;
    const choices = now === NONE ? [] : into({ walk: forked, set: now, overlaid });
    const choice = choose(choices.map((after) => ({ after, kept: NUMBER_FIELDS.filter((field) => after.walk[field] === forked[field]) })));
    if (choice === undefined || !('after' in choice)) {
      set = NONE;
      return false;
    }
    const before = choice.kept.map((field) => [field, forked[field]]);
    Object.assign(become(forked, choice.after.walk), Object.fromEntries(before));
    ({ set, overlaid } = choice.after);
    return true;
  };
  const walk = copyOf(start.walk, oracle);
  const result = act(walk, fork);
  const after = finish(start, { walk, set, overlaid });
  const left = narrowedSet(arena, after);
  return left === NONE ? undefined : { state: { ...after, set: left }, result };
}

/** Questions with the same key have the same answer, on both sides. */
function keyOf(question: Question, at: () => string): string {
  switch (question.kind) {
    case 'field':
      return `field ${question.field}`;
    case 'match':
    case 'target':
    case 'loop':
      return `${question.kind} ${at()}`;
    case 'policy':
      return `policy ${question.at.table} ${question.at.chain}`;
    case 'order':
      return `order ${question.first} ${question.others.join()}`;
    case 'host':
      return `host ${question.fact} ${JSON.stringify(question.at?.rule.target)}`;
    case 'too-many':
      return question.kind;
    default:
      return question satisfies never;
  }
}
