/** What the simulator says of a packet that a kernel has had, line by line beside what the kernel said. */

import { printRule } from '../../src/netfilter/print.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { isBuiltIn } from '../../src/netfilter/rule.ts';
import type { FieldValue, Trace } from '../../src/netfilter/trace/result.ts';
import type { Journey, Passed } from './tracing.ts';
import type { Backend } from './tracing-pods.ts';

interface Told {
  /** What was met, in order. */
  readonly lines: readonly string[];
  readonly end: string;
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
  const ours = toldBySimulator(trace, hasRules, backend);
  const theirs: Told = kernel === undefined ? { lines: [], end: 'not routed' } : toldByKernel(kernel, hasRules, later);
  // Legacy tells neither verdicts nor policies: that nobody got it, and the rules that it met, say who drops a packet.
  const sameEnd = ours.end === theirs.end || (backend === 'legacy' && theirs.end === 'not routed' && ours.end.startsWith('dropped'));
  // Only ip6_rcv throws packets away before any hook.
  const unseen =
    kernel === undefined && !(trace.packet.family === 'ip6' && trace.end.kind === 'dropped' && trace.end.by.kind === 'martian');
  const textOf = ({ lines }: Told): string => (backend === 'legacy' ? lines.join().replace(/ policy \w+/g, ' policy') : lines.join());
  if (sameEnd && !unseen && textOf(ours) === textOf(theirs)) return undefined;
  return [
    `packet ${JSON.stringify(trace.packet)}`,
    ...['kernel:', ...printed(unseen ? { lines: [], end: 'told nothing' } : theirs)],
    ...['simulator:', ...printed(ours)],
    ...['rules:', ...printedRules(rules)],
  ].join('\n');
}

function printed({ lines, end }: Told): readonly string[] {
  return [...lines, end].map((line) => `  ${line}`);
}

function printedRules({ tables }: Ruleset): readonly string[] {
  return tables.flatMap(({ name, chains }) =>
    chains.flatMap((chain) => chain.rules.map((rule, index) => `  ${name} ${chain.name} ${index + 1}: ${printRule(rule)}`)),
  );
}

/** Whether a chain has rules: of built-in chains without any, one backend tells and the other does not. */
function rulesIn({ tables }: Ruleset): HasRules {
  const filled = new Set(
    tables.flatMap(({ name, chains }) => chains.filter(({ rules }) => rules.length > 0).map((chain) => `${name} ${chain.name}`)),
  );
  return (table, chain) => !isBuiltIn(table, chain) || filled.has(`${table} ${chain}`);
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

function toldBySimulator(trace: Trace, hasRules: HasRules, backend: Backend): Told {
  const lines: string[] = [];
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
      lines.push(`${step.table} ${step.chain} rule ${step.position}, mark ${backend === 'nft' ? mark : before}`);
    } else if (step.kind === 'end-of-chain' && hasRules(step.table, step.chain)) {
      lines.push(`${step.table} ${step.chain} ${step.policy === '-' ? 'ends' : `policy ${step.policy}`}`);
    }
  }
  return { lines, end: endOf(trace, lines.at(-1) ?? '') };
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
      return end.by.kind === 'martian' || end.by.kind === 'no-forwarding' ? 'not routed' : `dropped by ${last}`;
    case 'queued':
      return 'queued';
    case 'unknown':
      return `unknown: ${JSON.stringify(end.why)}`;
    default:
      return end satisfies never;
  }
}
