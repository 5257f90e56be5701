/** All ways that a packet can go, as far as nobody says which: a tree whose branches are the answers to questions. */

import type { Packet } from '../packet.ts';
import { flowAfter } from './conntrack.ts';
import type { AnsweredQuestion } from './oracle.ts';
import { Oracle } from './oracle.ts';
import { walkToEnd } from './path.ts';
import type { PreparedHost } from './prepare-host.ts';
import { reportedPacket } from './reported.ts';
import type { Branch, End, Question, Step, Trace } from './result.ts';
import type { PreparedRules } from './rules.ts';
import { Walk } from './walk.ts';

/** What a packet walks through. */
export interface Prepared {
  readonly rules: PreparedRules;
  readonly host: PreparedHost;
}

/** More answers than this are not followed: a trace that asks so much says nothing to anybody. */
const MOST_WALKS = 1000;

/** The whole tree, with each step. */
export function explore(prepared: Prepared, packet: Packet): Trace {
  return treeOf(prepared, packet, true);
}

/** Only the end. */
export function exploreEnd(prepared: Prepared, packet: Packet): End {
  return treeOf(prepared, packet, false).end;
}

function treeOf(prepared: Prepared, packet: Packet, recorded: boolean): Trace {
  let left = MOST_WALKS;
  return branchOf(walkOnce(prepared, packet, [], recorded), 0);

  /** The tree from the question with this number on: those before it are answered. */
  function branchOf(one: OneWalk, number: number): Trace {
    const from = one.questions[number - 1]?.steps ?? 0;
    const question = one.questions[number];
    if (question === undefined) return leafOf(one, from);
    const before = one.questions.slice(0, number).map((_, index) => one.answers[index] ?? 0);
    const branches = question.answers.map((answer, choice): Branch => {
      if (choice === 0) return { answer, trace: branchOf(one, number + 1) };
      left -= 1;
      return { answer, trace: left > 0 ? branchOf(walkOnce(prepared, packet, [...before, choice], recorded), number + 1) : givenUp() };
    });
    return {
      packet,
      steps: one.steps.slice(from, question.steps),
      end: endOfBranches(question.question, branches),
      split: { question: question.question, branches },
    };
  }

  function leafOf({ walk, steps }: OneWalk, from: number): Trace {
    const { end } = walk;
    if (end === undefined) throw new Error('a packet has to end somewhere');
    if (!recorded) return { packet, steps, end };
    const flow = flowAfter(walk, prepared.rules.tracking);
    return { packet, steps: steps.slice(from), end, final: reportedPacket(walk), ...(flow && { flow }) };
  }

  function givenUp(): Trace {
    return { packet, steps: [], end: { kind: 'unknown', why: { kind: 'too-many' }, outcomes: [] } };
  }
}

/** One walk, and the questions that it met: the first are answered by `answers`, the others by their first answer. */
interface OneWalk {
  readonly walk: Walk;
  readonly steps: readonly Step[];
  readonly questions: readonly AnsweredQuestion[];
  readonly answers: readonly number[];
}

function walkOnce({ rules, host }: Prepared, packet: Packet, answers: readonly number[], recorded: boolean): OneWalk {
  const steps: Step[] | null = recorded ? [] : null;
  const oracle = new Oracle(answers, steps);
  const inMidFlow = packet.state === 'ESTABLISHED' && packet.flow === undefined;
  const walk = inMidFlow ? laterWalk() : new Walk(packet, host, oracle, steps);
  walkToEnd(walk, rules);
  return { walk, steps: steps ?? [], questions: oracle.questions, answers };

  // A packet in mid-flow goes where the first one was sent: as these rules would have sent it.
  function laterWalk(): Walk {
    const first = new Walk({ ...packet, state: 'NEW', connmark: undefined }, host, oracle, null);
    walkToEnd(first, rules);
    const flow = flowAfter(first, rules.tracking);
    const connmark = packet.connmark ?? flow?.connmark;
    const later = new Walk(flow === undefined ? packet : { ...packet, flow: { ...flow, connmark } }, host, oracle, steps);
    later.learn(first);
    return later;
  }
}

/** The one end of all branches, or the question that they hang on. */
function endOfBranches(question: Question, branches: readonly Branch[]): End {
  const outcomes = branches.map(({ answer, trace: { end } }) => ({ answer, end }));
  const [first, ...others] = outcomes;
  const agreed = first !== undefined && others.every(({ end }) => sameEnd(end, first.end));
  return agreed ? first.end : { kind: 'unknown', why: question, outcomes };
}

/** Two ends are one where a packet comes to the same place by the same rule. */
function sameEnd(one: End, other: End): boolean {
  return one === other || (one.kind === other.kind && keyOf(one) === keyOf(other));
}

function keyOf(end: End): string {
  return JSON.stringify(end, (key, value: unknown) => (key === 'rule' || key === 'match' ? undefined : value));
}
