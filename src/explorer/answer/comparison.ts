/** Two states side by side: first the packets that go elsewhere, then the rules. */

import { behaviorText, compareBehavior } from '../../istio/packets/behavior.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import type { Difference } from '../../netfilter/compare/difference.ts';
import { outline } from '../../netfilter/compare/outline.ts';
import type { Row } from '../../netfilter/compare/script.ts';
import { rowsOf } from '../../netfilter/compare/script.ts';
import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import { compareObservations } from '../../netfilter/observation.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Question, QuestionPacket } from '../question.ts';
import { BEFORE, FIELDS } from '../question.ts';
import { pathView } from './path-views.ts';
import type { ProblemView } from './problems.ts';
import { problemsIn } from './problems.ts';
import { questionPacket } from './question-packet.ts';
import type { Subject } from './subject.ts';
import { subjectOf } from './subject.ts';

export interface DifferenceView {
  readonly words: string;
  /** To see one such packet go. */
  readonly ask: QuestionPacket | undefined;
}

/** A rule of either side, or of both in the same place. */
export interface RowView {
  readonly left?: string;
  readonly right?: string;
  readonly same: boolean;
}

export interface PairView {
  /** `IPv4 nat ISTIO_OUTPUT`. */
  readonly title: string;
  readonly rows: readonly RowView[];
  readonly differs: boolean;
}

export interface ComparisonView {
  readonly left: OperandView;
  readonly right: OperandView;
  readonly answer: 'equal' | 'different' | 'unknown';
  readonly differences: readonly DifferenceView[];
  /** How many more there are. */
  readonly more: number;
  /** What could not be compared, and why. */
  readonly notes: readonly string[];
  readonly chains: readonly PairView[];
}

export interface OperandView {
  /** What it is called in a sentence: `1.30.3`, `the pod before`. */
  readonly name: string;
  readonly title: string;
  /** Where the packet that is asked about ends in it. */
  readonly verdict: string;
}

/** Undefined where nothing is compared. */
export function comparisonOf(question: Question, subject: Subject): ComparisonView | undefined {
  if (question.against === '' || subject.network === undefined || subject.seen === undefined) return undefined;
  const [leftName, rightName] = namesOf(question, subject);
  const operandView = (name: string, of: Subject): OperandView => {
    const { path: view, packetProblem = '' } = pathView(question, of);
    return { name, title: of.title, verdict: view?.verdict ?? packetProblem };
  };
  const withProblems = (title: string, problems: readonly ProblemView[]): ComparisonView => ({
    ...{ left: operandView(leftName, subject), right: { name: rightName, title, verdict: '' } },
    ...{ answer: 'unknown', differences: [], more: 0, notes: problems.map(({ text }) => text), chains: [] },
  });
  try {
    const other = subjectOf(otherQuestion(question));
    if (other.network === undefined || other.seen === undefined) return withProblems(other.title, other.problems);
    // What was before stands on the left.
    const [left, right] = question.against === BEFORE ? [other, subject] : [subject, other];
    return {
      ...{ left: operandView(leftName, left), right: operandView(rightName, right) },
      ...byPackets(left.network ?? other.network, right.network ?? other.network, [leftName, rightName]),
      ...byRules(left, right),
    };
  } catch (error) {
    return withProblems('No rules: they are refused', problemsIn(error));
  }
}

/** What the sides are called, the left one first. */
function namesOf({ against }: Question, { release, kind }: Subject): readonly [string, string] {
  if (against === BEFORE) return ['the pod before', 'the pod now'];
  if (against === FIELDS) return [kind === 'rules' ? 'the found rules' : 'this', 'the default pod'];
  return [release, against];
}

function otherQuestion(question: Question): Question {
  switch (question.against) {
    case BEFORE:
      return { ...question, annotations: {}, settings: {} };
    case FIELDS:
      return { ...question, text: '' };
    default:
      return { ...question, release: question.against };
  }
}

function byPackets(
  left: PodNetwork,
  right: PodNetwork,
  [name, otherName]: readonly [string, string],
): Pick<ComparisonView, 'answer' | 'differences' | 'more' | 'notes'> {
  const { answer, different, unclear, more, unseen, tooLarge } = compareBehavior(left, right);
  return {
    answer,
    differences: [...different, ...unclear].map((region) => ({
      words: behaviorText(region, name, otherName),
      ask: questionPacket(region.example, left.pod),
    })),
    more,
    notes: [...unseen, ...(tooLarge ? ['these rules distinguish more packets than can be followed'] : [])],
  };
}

function byRules({ seen: left }: Subject, { seen: right }: Subject): Pick<ComparisonView, 'chains'> {
  if (left === undefined || right === undefined) return { chains: [] };
  const found = compareObservations(left, right);
  return {
    chains: FAMILIES.flatMap((family) =>
      outline(found.left[family], found.right[family]).flatMap(({ name: table, chains }) =>
        chains.map(({ name, left: one, right: other }): PairView => {
          const [own, open] = [found.differences, found.open].map((all) => all.filter((one) => isOf(one, family, table, name)));
          return {
            title: `${FAMILY_NAMES[family]} ${table} ${name}`,
            rows: besideEachOther(rowsOf(one?.rules ?? [], other?.rules ?? [], own ?? [], open)),
            differs: (own ?? []).length > 0,
          };
        }),
      ),
    ).filter(({ rows, differs }) => differs || rows.length > 0),
  };
}

/** What one side has alone stands beside what the other has there instead. */
function besideEachOther(rows: readonly Row[]): readonly RowView[] {
  const printed: RowView[] = [];
  for (const row of rows) {
    if (row.operand === 'both') {
      printed.push({ left: printRule(row.left.rule), right: printRule(row.right.rule), same: true });
      continue;
    }
    const free = row.operand === 'right' ? freeIn(printed) : -1;
    const text = printRule(row.at.rule);
    if (free < 0) printed.push({ [row.operand]: text, same: false });
    else printed[free] = { ...printed[free], right: text, same: false };
  }
  return printed;
}

/** The first of the last rows of the left side alone that has nothing beside it yet; -1 where there is none. */
function freeIn(rows: readonly RowView[]): number {
  const start = rows.findLastIndex(({ same, left }) => same || left === undefined) + 1;
  const free = rows.slice(start).findIndex(({ right }) => right === undefined);
  return free < 0 ? -1 : start + free;
}

function isOf({ family, table, chain }: Difference, ...[ofFamily, ofTable, ofChain]: readonly string[]): boolean {
  return family === ofFamily && table === ofTable && chain === ofChain;
}
