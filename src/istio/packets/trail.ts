/** The trail of a packet as lines: each rule that it met. */

import type { Branch, Question, RulePlace, RuleStep, Step, Trace } from '../../netfilter/trace/result.ts';
import type { PodNetwork } from './pod-network.ts';
import { verdictIn } from './pod-network.ts';
import { questionText } from './possible-verdicts.ts';
import { changesText, failureText, ruleText } from './rule-words.ts';
import { verdictText } from './verdict.ts';

type TrailStyle = 'heading' | 'aside' | 'moved';

export interface TrailLine {
  readonly depth: number;
  /** Matched, did not match, can't be told, several that did not match, something else that happened. */
  readonly mark: '✓' | '✗' | '?' | '·' | ' ';
  /** `ISTIO_OUTPUT 9`; of a heading, all of it. */
  readonly place: string;
  readonly text: string;
  /** What stands out: the beginning of a table, what is of no weight, what is not known. */
  readonly style?: TrailStyle;
  /** Lines below: why the rule is there, what it did. */
  readonly asides: readonly string[];
  /** The rule, where the line is one. */
  readonly step?: RuleStep;
}

export interface TrailOptions {
  readonly podNetwork: PodNetwork;
  /** Why a rule is there, where that is known. */
  readonly reason: (place: RulePlace) => string | undefined;
  /** Whether the source's lines are told. */
  readonly lines: boolean;
  /** Each rule that did not match, each table that was asked, and each way of what is not known. */
  readonly all: boolean;
  /** What is not shown has been said. */
  readonly simulated?: boolean;
}

/** The trail down to the end, with a branch for each answer where something is not known. */
export function trailOf(trace: Trace, options: TrailOptions, depth = 0): readonly TrailLine[] {
  const lines = new Lines(options, depth);
  for (const step of trace.steps) lines.add(step);
  return [...lines.end(), ...branchLines(trace, options, depth)];
}

/** Collects the lines of one stretch of steps: tables in which nothing matched are one line at most. */
class Lines {
  readonly #options: TrailOptions;
  readonly #depth: number;
  readonly #lines: TrailLine[] = [];
  /** What is printed only where something follows: that it came over lo, and the table that is being asked. */
  #headings: TrailLine[] = [];
  #skipped: RuleStep[] = [];

  constructor(options: TrailOptions, depth: number) {
    this.#options = options;
    this.#depth = depth;
  }

  add(step: Step): void {
    switch (step.kind) {
      case 'chain':
        this.#close();
        this.#headings.push(this.#line(' ', `${step.table} ${step.chain}${byText(step)}`, '', 'heading'));
        return;
      case 'loopback':
        this.#close();
        this.#headings.push(this.#line('·', 'over lo, back into the pod', ''));
        return;
      case 'rule':
        this.#rule(step);
        return;
      case 'end-of-chain':
        if (step.depth === 0 && step.policy === 'DROP') this.#happened(`the policy of ${step.chain} is DROP`);
        return;
      default: {
        const text = eventText(step, this.#options.all);
        if (text === undefined) return;
        this.#close();
        this.#push(this.#line('·', text, ''));
      }
    }
  }

  end(): readonly TrailLine[] {
    this.#close();
    return this.#lines;
  }

  #rule(step: RuleStep): void {
    if (step.answer !== 'matched' && !this.#options.all) {
      this.#skipped.push(step);
      return;
    }
    this.#flush();
    this.#push(this.#ruleLine(step));
  }

  #ruleLine(step: RuleStep): TrailLine {
    const { answer, because, changes, chain, position, depth, rule } = step;
    const mark = answer === 'matched' ? '✓' : answer === 'failed' ? '✗' : '?';
    const asides = [
      because === undefined ? '' : failureText(because),
      [rule.line === undefined || !this.#options.lines ? [] : `line ${rule.line}`, this.#options.reason(step) ?? []].flat().join(': '),
      changesText(changes),
    ];
    const line = this.#line(mark, `${chain} ${position}`, ruleText(step));
    return { ...line, step, depth: this.#depth + 1 + depth, asides: asides.filter((aside) => aside !== '') };
  }

  /** One line for each chain's run of rules that did not match. */
  #flush(): void {
    const skipped = this.#skipped;
    this.#skipped = [];
    for (const run of runsOf(skipped)) {
      const [first, last] = [run[0], run.at(-1)];
      if (first === undefined || last === undefined) continue;
      const positions = first === last ? `${first.position}` : `${first.position}-${last.position}`;
      const text = first === last ? 'does not match' : `${run.length} rules do not match`;
      this.#push({ ...this.#line('·', `${first.chain} ${positions}`, text, 'aside'), depth: this.#depth + 1 + first.depth });
    }
  }

  #happened(text: string): void {
    this.#flush();
    this.#push({ ...this.#line('·', text, ''), depth: this.#depth + 1 });
  }

  #push(line: TrailLine): void {
    this.#lines.push(...this.#headings, line);
    this.#headings = [];
  }

  /** Ends a table; one in which no rule matched takes one line. */
  #close(): void {
    const table = this.#headings.at(-1);
    const count = this.#skipped.length;
    if (table !== undefined && table.mark === ' ' && count > 0) {
      this.#headings.pop();
      this.#push({ ...table, text: count === 1 ? '1 rule, which does not match' : `${count} rules, none matches`, style: 'aside' });
    } else this.#flush();
    this.#skipped = [];
    // That it came over lo still holds.
    this.#headings = this.#headings.filter(({ mark }) => mark !== ' ');
  }

  #line(mark: TrailLine['mark'], place: string, text: string, style?: TrailStyle): TrailLine {
    return { depth: this.#depth, mark, place, text, asides: [], ...(style && { style }) };
  }
}

function byText({ inInterface, outInterface }: Extract<Step, { kind: 'chain' }>): string {
  const [arrives, leaves] = [inInterface, outInterface].map((name) => (typeof name === 'string' ? name : undefined));
  return `${arrives === undefined ? '' : `, in by ${arrives}`}${leaves === undefined ? '' : `, out by ${leaves}`}`;
}

/** Rules that follow each other in one chain. */
function runsOf(steps: readonly RuleStep[]): readonly (readonly RuleStep[])[] {
  const runs: RuleStep[][] = [];
  for (const step of steps) {
    const run = runs.at(-1);
    if (run?.[0]?.chain === step.chain && run[0].depth === step.depth) run.push(step);
    else runs.push([step]);
  }
  return runs;
}

/** What happens between tables; undefined where it is as everybody expects, unless all is wanted. */
function eventText(step: Exclude<Step, { kind: 'chain' | 'rule' | 'end-of-chain' | 'loopback' }>, all: boolean): string | undefined {
  switch (step.kind) {
    case 'nat-skipped': {
      const why = step.reason === 'translated' ? 'it decided at the first packet of the flow' : 'the packet belongs to no flow';
      return all || step.reason === 'not-tracked' ? `nat ${step.chain} is skipped: ${why}` : undefined;
    }
    case 'conntrack': {
      const zone = step.zone === 0 ? '' : `, in zone ${step.zone}`;
      const direction = step.direction === 'reply' ? ', as a reply' : '';
      return step.state === 'NEW' && step.zone === 0 && !all
        ? undefined
        : `conntrack: ${step.state ?? 'state not known'}${direction}${zone}`;
    }
    case 'translated':
      return `translated as the first packet was: ${changesText(step.changes)}`;
    case 'routing': {
      const where = step.to === 'local' ? 'to this pod' : `out by ${step.outInterface ?? 'an interface that is not known'}`;
      return step.by === 'address' && !all
        ? undefined
        : `routed${step.again ? ' again' : ''} ${where}${step.by === 'mark' ? ', because of its mark' : ''}`;
    }
    default:
      return step satisfies never;
  }
}

/** Branches that are shown with their own trails; of more, the answer tells the shortest way to each verdict. */
const MOST_BRANCHES = 4;

function branchLines(trace: Trace, options: TrailOptions, depth: number): readonly TrailLine[] {
  const { split, end } = trace;
  if (split === undefined) return [];
  const { question, branches } = split;
  const ask = (text: string): TrailLine => ({ depth, mark: '?', place: text, text: '', style: 'moved', asides: [] });
  const last = branches.at(-1);
  if (end.kind !== 'unknown' && !options.all && last !== undefined)
    return [ask(`${notKnown(question)}: it makes no difference`), ...trailOf(last.trace, options, depth)];
  const [first] = branches;
  if (question.kind === 'policy' && first !== undefined && !options.all) {
    const hidden = hiddenTables(trace);
    const simulated =
      options.simulated === true
        ? []
        : [ask(`not shown: ${hidden.join(', ')}; from here on they are assumed to let the packet pass unchanged`)];
    return [...simulated, ...trailOf(first.trace, { ...options, simulated: true }, depth)];
  }
  const whole = options.all || leavesOf(trace) <= MOST_BRANCHES;
  return [ask(notKnown(question)), ...(whole ? branches.flatMap((branch) => branchLine(branch, options, depth)) : [])];
}

/** The tables that are not shown, of those that the packet meets where each lets it pass. */
function hiddenTables({ split }: Trace): readonly string[] {
  if (split === undefined) return [];
  const own = split.question.kind === 'policy' ? [split.question.at.table] : [];
  return [...new Set([...own, ...split.branches.flatMap(({ trace }) => hiddenTables(trace))])];
}

function notKnown(question: Question): string {
  return `not known: ${questionText(question)}`;
}

const ANSWERS: Readonly<Record<Branch['answer'], string>> = {
  yes: 'if so',
  no: 'if not',
  continue: 'if it lets the packet go on',
  accept: 'if it accepts the packet',
  drop: 'if it drops the packet',
};

function branchLine({ answer, trace }: Branch, options: TrailOptions, depth: number): readonly TrailLine[] {
  const verdict = trace.end.kind === 'unknown' ? '' : `: ${verdictText(verdictIn(options.podNetwork, trace))}`;
  const head: TrailLine = { depth: depth + 1, mark: ' ', place: `${ANSWERS[answer]}${verdict}`, text: '', asides: [] };
  return [head, ...trailOf(trace, options, depth + 2)];
}

function leavesOf({ split }: Trace): number {
  return split === undefined ? 1 : split.branches.reduce((sum, { trace }) => sum + leavesOf(trace), 0);
}
