/** The outcomes of a packet of which not everything is known, and what each hangs on. */

import { printMatch } from '../../netfilter/print.ts';
import type { Answer, Branch, Field, PolicyPlace, Question, Trace } from '../../netfilter/trace/result.ts';
import type { PodNetwork } from './pod-network.ts';
import { verdictIn } from './pod-network.ts';
import type { Verdict } from './verdict.ts';
import { HOST_FACTS, rulePlaceText } from './verdict.ts';

export interface PossibleVerdict {
  readonly verdict: Verdict;
  /** What has to hold for it, each in words: `its gid is not 1337`. */
  readonly where: readonly string[];
}

/** Of the ways to each verdict that the packet may come to, the one that hangs on least; none where its end is known. */
export function possibleVerdictsOf(podNetwork: PodNetwork, trace: Trace): readonly PossibleVerdict[] {
  if (trace.end.kind !== 'unknown') return [];
  const shortest = new Map<string, Leaf & Pick<PossibleVerdict, 'verdict'>>();
  for (const leaf of leavesOf(trace, [])) {
    const verdict = verdictIn(podNetwork, leaf.end);
    const before = shortest.get(verdict.id);
    if (before === undefined || leaf.conditions.length < before.conditions.length) shortest.set(verdict.id, { ...leaf, verdict });
  }
  return [...shortest.values()].map(({ verdict, conditions }): PossibleVerdict => ({ verdict, where: inWords(conditions) }));
}

interface Condition {
  readonly question: Question;
  readonly answer: Answer;
}

interface Leaf {
  readonly conditions: readonly Condition[];
  readonly end: Trace;
}

function leavesOf(trace: Trace, conditions: readonly Condition[]): readonly Leaf[] {
  const { split } = trace;
  if (split === undefined || trace.end.kind !== 'unknown') return [{ conditions, end: trace }];
  return split.branches.flatMap(({ answer, trace: branch }: Branch) =>
    leavesOf(branch, [...conditions, { question: split.question, answer }]),
  );
}

/** What is not shown is said in one breath: chains that let it pass, and rules that match or not by interfaces. */
function inWords(conditions: readonly Condition[]): readonly string[] {
  const passed = conditions.flatMap(({ question, answer }) =>
    question.kind === 'policy' && answer === 'accept' ? [question.at.table] : [],
  );
  const hidden = conditions.filter(isHidden);
  const others = conditions.filter((one) => (one.question.kind !== 'policy' || one.answer !== 'accept') && !isHidden(one));
  const texts = [...hiddenText(hidden), ...others.map(conditionText)];
  // Where one of them drops the packet, it matters no more what those before it let through.
  if (others.at(-1)?.question.kind === 'policy' || passed.length === 0) return texts;
  return [...texts, `${[...new Set(passed)].join(', ')} let it pass unchanged`];
}

function isHidden({ question }: Condition): boolean {
  return question.kind === 'match' && question.match.kind === 'unknown';
}

/** `by interfaces that are not shown, OUTPUT 1 matches and ISTIO_OUTPUT 1, ISTIO_OUTPUT 2 do not`. */
function hiddenText(hidden: readonly Condition[]): readonly string[] {
  const places = (among: Answer): readonly string[] =>
    hidden.flatMap(({ question, answer }) =>
      question.kind === 'match' && answer === among ? [`${question.at.chain} ${question.at.position}`] : [],
    );
  const [yes, no] = [places('yes'), places('no')];
  const parts = [
    ...(yes.length === 0 ? [] : [`${yes.join(', ')} ${yes.length === 1 ? 'matches' : 'match'}`]),
    ...(no.length === 0 ? [] : [`${no.join(', ')} ${no.length === 1 ? 'does' : 'do'} not${yes.length === 0 ? ' match' : ''}`]),
  ];
  return parts.length === 0 ? [] : [`by interfaces that are not shown, ${parts.join(' and ')}`];
}

function chainText({ table, chain }: PolicyPlace): string {
  return `${table} ${chain}`;
}

function conditionText({ question, answer }: Condition): string {
  switch (question.kind) {
    case 'policy':
      return `${chainText(question.at)} ${answer === 'accept' ? 'lets it pass' : 'drops it'}`;
    case 'target':
      return `${rulePlaceText(question.at)} ${TARGET_ANSWERS[answer]}`;
    case 'order':
      return `${question.first} is asked ${answer === 'yes' ? 'before' : 'after'} ${question.others.join(' and ')}`;
    case 'field':
    case 'match':
      return `${matchText(question)} ${answer === 'yes' ? 'holds' : 'does not hold'}${question.at === undefined ? '' : ` (${rulePlaceText(question.at)})`}`;
    default:
      return `${questionText(question)}: ${answer}`;
  }
}

/** What a rule, or the kernel, asks for: `--gid-owner 1337`. */
function matchText(question: Extract<Question, { kind: 'field' | 'match' }>): string {
  const { match } = question;
  if (match !== undefined && 'negated' in match) return printMatch(match);
  if (match?.kind === 'opaque') return match.text;
  if (question.kind === 'match') return 'its match on interfaces, which is not shown,';
  return `${FIELDS[question.field]}${question.is === undefined ? '' : ` ${question.is}`}`;
}

const TARGET_ANSWERS: Readonly<Record<Answer, string>> = {
  continue: 'lets it go on',
  accept: 'accepts it',
  drop: 'drops it',
  yes: 'matches',
  no: 'does not match',
};

/** What is asked: `whether --gid-owner 1337 holds (rule 7 of ISTIO_OUTPUT in nat)`. */
export function questionText(question: Question): string {
  switch (question.kind) {
    case 'field':
    case 'match':
      return `whether ${matchText(question)} holds${question.at === undefined ? '' : ` (${rulePlaceText(question.at)})`}`;
    case 'target':
      return `what ${rulePlaceText(question.at)} does`;
    case 'policy':
      return `${chainText(question.at)}, which is not shown`;
    case 'order':
      return `whether ${question.first} is asked before ${question.others.join(' and ')}, which has the same priority: the one that was made last is asked first`;
    case 'host':
      return HOST_FACTS[question.fact];
    case 'loop':
      return `${rulePlaceText(question.at)} leads into a loop, which no kernel accepts`;
    case 'too-many':
      return 'more than can be followed';
    default:
      return question satisfies never;
  }
}

const FIELDS: Readonly<Record<Field, string>> = {
  protocol: 'its protocol',
  source: 'its source',
  destination: 'its destination',
  sourcePort: 'its source port',
  destinationPort: 'its port',
  inInterface: 'the interface it comes in by',
  outInterface: 'the interface it leaves by',
  uid: 'its uid',
  gid: 'its gid',
  state: 'its state',
  mark: 'its mark',
  connmark: "its connection's mark",
  socket: 'a socket that waits for it',
  zone: 'its conntrack zone',
};

// What would tell, by what is asked.
const INPUTS: Readonly<Partial<Record<Field, string>>> = {
  source: '--source ADDRESS',
  sourcePort: '--source ADDRESS:PORT',
  destination: '--to ADDRESS:PORT',
  destinationPort: '--to ADDRESS:PORT',
  inInterface: '--in INTERFACE',
  outInterface: '--out INTERFACE',
  uid: '--from uid:N,gid:N',
  gid: '--from uid:N,gid:N',
  mark: '--mark N',
  state: '--state new',
};

/** What to give so that the packet has one outcome: options, or a source that shows more. Each once. */
export function resolvingInputs(trace: Trace): readonly string[] {
  if (trace.end.kind !== 'unknown') return [];
  return [...new Set(questionsIn(trace).flatMap((question) => resolvingInput(question) ?? []))];
}

function questionsIn({ split, end }: Trace): readonly Question[] {
  if (split === undefined || end.kind !== 'unknown') return [];
  return [split.question, ...split.branches.flatMap(({ trace }) => questionsIn(trace))];
}

function resolvingInput(question: Question): string | undefined {
  switch (question.kind) {
    case 'field':
      return INPUTS[question.field];
    case 'match':
      return question.match.kind === 'unknown' ? 'a listing that shows interfaces (iptables -L -v -n, or iptables-save)' : undefined;
    case 'policy':
      return 'a source that shows all tables (iptables-save)';
    default:
      return undefined;
  }
}
