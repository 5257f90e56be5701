/** What the simulator says of a packet that a kernel has had, line by line beside what the kernel said. */

import { printRule } from '../../src/netfilter/print.ts';
import type { Rule, Ruleset } from '../../src/netfilter/rule.ts';
import { isBuiltIn } from '../../src/netfilter/rule.ts';
import type { FieldValue, Trace } from '../../src/netfilter/trace/result.ts';
import type { Journey, Passed } from './tracing.ts';
import type { Backend } from './tracing-pods.ts';

/** Each way to the end of the trace, with all its steps. */
function leavesOf(trace: Trace): readonly Trace[] {
  const { split, steps } = trace;
  if (split === undefined) return [trace];
  return split.branches.flatMap((branch) => leavesOf(branch.trace).map((leaf) => ({ ...leaf, steps: [...steps, ...leaf.steps] })));
}

function isSameWay({ lines, perhaps, cut }: Way, theirs: readonly string[], backend: Backend): boolean {
  const comparable = (line: string | undefined): string =>
    backend === 'legacy' ? (line ?? '').replace(/ policy \w+/, ' policy') : (line ?? '');
  // A rule that is not understood changes the mark or not, and one that copies a mark which is not known makes it one (NaN).
  const unmarked = (line: string | undefined): string => (line ?? '').replace(/, mark (?:\d+|NaN)$/, '');
  let at = 0;
  for (const [index, line] of lines.entries()) {
    const last = cut && index === lines.length - 1;
    const same =
      last || line.endsWith(', mark NaN') ? unmarked(line) === unmarked(theirs[at]) : comparable(line) === comparable(theirs[at]);
    if (same) at += 1;
    // What is not understood may as well not match.
    else if (!last && !perhaps.has(line)) return false;
  }
  return cut || at === theirs.length;
}

interface Told {
  /** What was met, in order. */
  readonly lines: readonly string[];
  readonly end: string;
}

/** What the simulator tells of one way. */
interface Way extends Told {
  /** Lines of rules of which nobody can tell whether they match, and which change nothing: they may be told by the kernel. */
  readonly perhaps: ReadonlySet<string>;
  /** It is followed up to its last rule, which is not understood. */
  readonly cut: boolean;
}

type HasRules = (table: string, chain: string) => boolean;

/** Of a later packet of a flow the trace tells no socket: the port on which the flow was accepted, where one did. */
export interface Later {
  readonly accepted: number | undefined;
}

/** Both sides, where they differ. */
export function disagreement(
  rules: Ruleset,
  trace: Trace,
  kernel: Journey | undefined,
  backend: Backend,
  later: Later | undefined,
): string | undefined {
  const hasRules = rulesIn(rules);
  const ways = leavesOf(trace).map((leaf) => toldBySimulator(leaf, hasRules, backend));
  const theirs: Told = kernel === undefined ? { lines: [], end: 'not routed' } : toldByKernel(kernel, hasRules, later);
  // Legacy tells neither verdicts nor policies: that nobody got it, and the rules that it met, say who drops a packet.
  const sameEnd = (ours: Told): boolean =>
    ours.end === theirs.end || (backend === 'legacy' && theirs.end === 'not routed' && ours.end.startsWith('dropped'));
  // Only ip6_rcv throws packets away before any hook.
  const unseen =
    kernel === undefined && !(trace.packet.family === 'ip6' && trace.end.kind === 'dropped' && trace.end.by.kind === 'martian');
  // What is certain has one end; where the simulator does not know, the kernel goes one of its ways, as far as they are followed.
  if (!unseen && ways.some((way) => (way.cut || sameEnd(way)) && isSameWay(way, theirs.lines, backend))) return undefined;
  return [
    `packet ${JSON.stringify({ ...trace.packet, flow: undefined })}`,
    ...['kernel:', ...printed(unseen ? { lines: [], end: 'told nothing' } : theirs)],
    ...ways.slice(0, 4).flatMap((way) => ['simulator:', ...printed(way)]),
    ...['rules:', ...printedRules(rules)],
  ].join('\n');
}

function printed({ lines, end }: Told): readonly string[] {
  return [...lines, end].map((line) => `  ${line}`);
}

function printedRules({ tables }: Ruleset): readonly string[] {
  return tables.flatMap(({ name, chains }) =>
    chains.flatMap((chain) =>
      chain.rules.map((rule, index) => `  ${name} ${chain.name} ${positionOf(rule, index + 1)}: ${printRule(rule)}`),
    ),
  );
}

/** Rules of nft's own tables are known by their lines in the listing. */
export function positionOf(rule: Rule, position: number): number {
  return rule.text === undefined ? position : (rule.line ?? position);
}

/** Whether a chain has rules: of built-in chains without any, one backend tells and the other does not. */
function rulesIn({ tables }: Ruleset): HasRules {
  const filled = new Set(
    tables.flatMap(({ name, chains }) => chains.filter(({ rules }) => rules.length > 0).map((chain) => `${name} ${chain.name}`)),
  );
  const bases = new Set(
    tables.flatMap(({ name, nft, chains }) =>
      nft === undefined ? [] : chains.flatMap((one) => (one.base ? [`${name} ${one.name}`] : [])),
    ),
  );
  return (table, chain) => (!isBuiltIn(table, chain) && !bases.has(`${table} ${chain}`)) || filled.has(`${table} ${chain}`);
}

const PRINTED: Readonly<Record<Passed['what'], (passed: Passed) => string>> = {
  chain: ({ table, chain, in: arrives, out }) => `${table} ${chain} in ${arrives ?? '-'} out ${out ?? '-'}`,
  rule: ({ table, chain, position, mark }) => `${table} ${chain} rule ${position}, mark ${mark}`,
  end: ({ table, chain }) => `${table} ${chain} ends`,
  policy: ({ table, chain, drops }) => `${table} ${chain} policy ${drops ? 'DROP' : 'ACCEPT'}`,
};

function toldByKernel({ header, passed, end }: Journey, hasRules: HasRules, later: Later | undefined): Told {
  const lines = passed.filter(({ table, chain }) => hasRules(table, chain)).map((one) => PRINTED[one.what](one));
  switch (end.kind) {
    case 'local': {
      const port = later?.accepted ?? (later ? undefined : end.listener) ?? end.dport;
      const translated = end.address !== header.destination || end.dport !== header.dport;
      const how = translated ? 'translated' : port === end.dport ? 'as it was' : 'to the socket of a proxy';
      return { lines, end: `local ${end.address}, port ${port}${later === undefined ? `, ${how}` : ''}` };
    }
    case 'left':
      return { lines, end: `left by ${end.device}` };
    case 'dropped':
      return { lines, end: `dropped by ${PRINTED[end.by.what](end.by)}` };
    case 'not-routed':
      return { lines, end: 'not routed' };
    default:
      return end satisfies never;
  }
}

function toldBySimulator(trace: Trace, hasRules: HasRules, backend: Backend): Way {
  const lines: string[] = [];
  const perhaps = new Set<string>();
  let mark = trace.packet.mark ?? 0;
  for (const step of trace.steps) {
    if (step.kind === 'chain') {
      // Where a chain begins is not told by legacy.
      if (backend === 'nft' && hasRules(step.table, step.chain))
        lines.push(`${step.table} ${step.chain} in ${shown(step.inInterface)} out ${shown(step.outInterface)}`);
    } else if (step.kind === 'rule' && step.answer === 'matched') {
      const before = mark;
      for (const { field, to } of step.changes) if (field === 'mark') mark = Number(to);
      // Legacy tells of a rule before its target is asked.
      lines.push(`${step.table} ${step.chain} rule ${positionOf(step.rule, step.position)}, mark ${backend === 'nft' ? mark : before}`);
    } else if (step.kind === 'rule' && step.answer === 'unknown') {
      const line = `${step.table} ${step.chain} rule ${positionOf(step.rule, step.position)}, mark ${mark}`;
      perhaps.add(line);
      lines.push(line);
    } else if (step.kind === 'end-of-chain' && hasRules(step.table, step.chain)) {
      lines.push(`${step.table} ${step.chain} ${step.policy === '-' ? 'ends' : `policy ${step.policy}`}`);
    }
  }
  return { lines, end: endOf(trace, lines.at(-1) ?? ''), perhaps, cut: trace.end.kind === 'unknown' };
}

function shown(value: FieldValue): string {
  return value === null || value === undefined || value === '' ? '-' : String(value);
}

function endOf({ end, packet, final = packet }: Trace, last: string): string {
  switch (end.kind) {
    case 'local': {
      const port = packet.destinationPort === undefined ? 0 : (end.port ?? 0);
      const translated = final.destination !== packet.destination || final.destinationPort !== packet.destinationPort;
      const how = translated ? 'translated' : port === (final.destinationPort ?? 0) ? 'as it was' : 'to the socket of a proxy';
      return `local ${end.address}, port ${port}${packet.flow === undefined ? `, ${how}` : ''}`;
    }
    case 'sent':
    case 'forwarded':
      return `left by ${end.outInterface}`;
    case 'rejected':
      return `dropped by ${last}`;
    case 'dropped':
      // A chain without rules has a policy all the same.
      if (end.by.kind === 'policy') return `dropped by ${end.by.table} ${end.by.chain} policy DROP`;
      return ['martian', 'no-forwarding', 'has-socket'].includes(end.by.kind) ? 'not routed' : `dropped by ${last}`;
    case 'queued':
      return 'queued';
    case 'unknown':
      return `unknown: ${end.why.kind}`;
    default:
      return end satisfies never;
  }
}
