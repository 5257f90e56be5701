/** Traces as a test writes and reads them: rules as iptables-save lines, ends as short texts, and the trail for when one is wrong. */

import { expect } from 'vitest';
import type { Family } from '../../src/netfilter/family.ts';
import type { ConntrackEntry, Packet } from '../../src/netfilter/packet.ts';
import { firstPacket } from '../../src/netfilter/packet.ts';
import { printMatch, printRule } from '../../src/netfilter/print.ts';
import { readRules } from '../../src/netfilter/read.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../src/netfilter/rule.ts';
import type { Host } from '../../src/netfilter/trace/host.ts';
import type { Dropper, End, PolicyPlace, Question, RulePlace, Step, Trace } from '../../src/netfilter/trace/result.ts';
import type { Simulator } from '../../src/netfilter/trace.ts';
import { simulatorFor } from '../../src/netfilter/trace.ts';

/** A machine with eth0 and eth1, on which a transparent socket listens on 15006. */
export const HOST: Host = {
  interfaces: [
    { name: 'lo', addresses: ['::6'] },
    { name: 'eth0', addresses: ['10.0.0.5', '10.0.0.6', '2001:db8::5', 'fe80::5'] },
    { name: 'eth1', addresses: ['10.1.0.5'] },
  ],
  defaultInterface: 'eth0',
  localByMark: [],
  transparentPorts: [15006],
  boundListeners: [],
  forwarding: false,
};

/** A table as iptables-save prints it. Built-in chains that no line declares accept; user chains are declared by their rules. */
function table(name: string, lines: readonly string[]): string {
  const declared = new Set(lines.filter((line) => line.startsWith(':')).map((line) => line.slice(1).split(' ')[0]));
  const builtIn = BUILT_IN_CHAINS[name] ?? [];
  const own = new Set(lines.filter((line) => line.startsWith('-A')).map((line) => line.split(' ')[1] ?? ''));
  const undeclared = [...builtIn, ...[...own].filter((chain) => !builtIn.includes(chain))].filter((chain) => !declared.has(chain));
  return [`*${name}`, ...undeclared.map((chain) => `:${chain} ${builtIn.includes(chain) ? 'ACCEPT' : '-'}`), ...lines, 'COMMIT', ''].join(
    '\n',
  );
}

/** Rules by table; what can't be read fails the test. */
export function rules(tables: Readonly<Record<string, readonly string[]>>, family: Family = 'ip'): Ruleset {
  const text = Object.entries(tables).map(([name, lines]) => table(name, lines));
  const { rulesets, problems } = readRules(text.join(''), { family });
  expect(problems).toEqual([]);
  return rulesets.find((ruleset) => ruleset.family === family) ?? { family, tables: [] };
}

export function simulate(tables: Readonly<Record<string, readonly string[]>>, host: Partial<Host> = {}, family: Family = 'ip'): Simulator {
  return simulatorFor(rules(tables, family), { ...HOST, ...host });
}

/** TCP that a client sends to port 80 of the machine. */
export function arriving(more: Partial<Packet> = {}): Packet {
  const header = { family: 'ip', origin: 'remote', protocol: 'tcp', source: '10.9.9.9', destination: '10.0.0.5' } as const;
  return firstPacket({ ...header, sourcePort: 40000, destinationPort: 80, inInterface: 'eth0', ...more });
}

/** TCP that user 1000 of the machine sends to port 80 of another. */
export function leaving(more: Partial<Packet> = {}): Packet {
  const header = { family: 'ip', origin: 'local', protocol: 'tcp', source: '10.0.0.5', destination: '10.9.9.9' } as const;
  return firstPacket({ ...header, sourcePort: 40000, destinationPort: 80, uid: 1000, gid: 1000, ...more });
}

/** Compares an end in words, and shows the trail where it is another. Fails too where `end` and `trace` disagree. */
export function expectEnd(simulator: Simulator, packet: Packet, wanted: string): Trace {
  const trace = simulator.trace(packet);
  expect(endText(trace.end), trail(trace).join('\n')).toBe(wanted);
  expect(endText(simulator.end(packet))).toBe(wanted);
  return trace;
}

/** `local 10.0.0.5:80 plain`, `sent eth0`, `dropped filter INPUT 2`, `uid? yes: sent eth0, no: dropped policy filter INPUT`. */
export function endText(end: End): string {
  switch (end.kind) {
    case 'local':
      return `local ${end.address ?? '?'}:${end.port ?? '?'} ${end.how}`;
    case 'sent':
    case 'forwarded':
      return `${end.kind} ${end.outInterface ?? '?'}`;
    case 'dropped':
      return `dropped ${dropperText(end.by)}`;
    case 'rejected':
      return `rejected ${end.with} ${placeText(end.by)}`;
    case 'queued':
      return `queued ${placeText(end.by)}`;
    case 'unknown':
      return `(${questionText(end.why)}? ${end.outcomes.map(({ answer, end: one }) => `${answer}: ${endText(one)}`).join(', ')})`;
    default:
      return end satisfies never;
  }
}

function dropperText(by: Dropper): string {
  switch (by.kind) {
    case 'rule':
      return placeText(by);
    case 'policy':
      return `policy ${by.table} ${by.chain}`;
    case 'no-listener':
    case 'no-address':
      return `${by.kind} ${placeText(by)}`;
    case 'martian':
      return `martian ${by.field}`;
    case 'no-forwarding':
    case 'has-socket':
    case 'tcp-to-many':
    case 'not-joined':
      return by.kind;
    case 'no-route':
      return `no-route: ${by.why}`;
    default:
      return by satisfies never;
  }
}

function placeText(place: RulePlace | PolicyPlace): string {
  return 'position' in place ? `${place.table} ${place.chain} ${place.position}` : `policy ${place.table} ${place.chain}`;
}

function questionText(question: Question): string {
  switch (question.kind) {
    case 'field':
      return question.is === undefined ? question.field : `${question.field} ${question.is}`;
    case 'host':
      return question.fact;
    default:
      return question.kind;
  }
}

/** Each step as a line; branches are indented behind their answer. */
export function trail(trace: Trace, indent = ''): readonly string[] {
  const lines = trace.steps.map((step) => `${indent}${stepText(step)}`);
  const { split } = trace;
  if (split === undefined) return [...lines, `${indent}${endText(trace.end)}`];
  const branches = split.branches.flatMap((branch) => [`${indent}${branch.answer}:`, ...trail(branch.trace, `${indent}  `)]);
  return [...lines, `${indent}${questionText(split.question)}?`, ...branches];
}

function stepText(step: Step): string {
  switch (step.kind) {
    case 'rule': {
      const { because, changes } = step;
      const match = because === undefined ? '' : 'negated' in because.match ? printMatch(because.match) : JSON.stringify(because.match);
      const why = because === undefined ? '' : ` [${match} is asked of ${because.value}]`;
      const did = changes.map(({ field, from, to }) => ` {${field} ${from} > ${to}}`).join('');
      return `${'  '.repeat(step.depth)}${step.answer} ${placeText(step)}: ${printRule(step.rule)}${why}${did}`;
    }
    case 'chain':
      return `${step.table} ${step.chain} in=${step.inInterface} out=${step.outInterface}`;
    case 'end-of-chain':
      return `${'  '.repeat(step.depth)}end of ${step.table} ${step.chain}: ${step.policy}`;
    case 'nat-skipped':
      return `nat ${step.chain} not asked: ${step.reason}`;
    case 'conntrack':
      return `conntrack ${step.state} ${step.direction} zone ${step.zone}`;
    case 'translated':
      return `${step.hook}${step.changes.map(({ field, from, to }) => ` {${field} ${from} > ${to}}`).join('')}`;
    case 'routing':
      return `routing${step.again ? ' again' : ''}: ${step.to} by ${step.by}, out=${step.outInterface}`;
    case 'loopback':
      return 'over lo';
    default:
      return step satisfies never;
  }
}

/** The rules that matched, in their order: `nat OUTPUT 1`. */
export function matched({ steps }: Trace): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'rule' && step.answer === 'matched' ? [placeText(step)] : []));
}

/** The chains of tables that were asked, in their order, and where the packet went over lo. */
export function visited({ steps }: Trace): readonly string[] {
  return steps.flatMap((step) => (step.kind === 'chain' ? [`${step.table} ${step.chain}`] : step.kind === 'loopback' ? ['lo'] : []));
}

export function flowOf({ flow }: Trace): ConntrackEntry {
  if (flow === undefined) throw new Error('no flow');
  return flow;
}
