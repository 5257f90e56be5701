/** Inputs that somebody has made long: ten times as much of anything must cost about ten times as much, in every command that reads it. */

import { findingsIn } from '../../src/istio/advice/findings.ts';
import { lintWorkload } from '../../src/istio/advice/lint.ts';
import { printedVariables } from '../../src/istio/arguments/printed-variables.ts';
import { identify } from '../../src/istio/found/identify.ts';
import { runIn } from '../../src/istio/found/runs/run.ts';
import { readManifest } from '../../src/istio/kubernetes/manifest/read.ts';
import type { Workload } from '../../src/istio/kubernetes/manifest/workload.ts';
import { NO_MESH } from '../../src/istio/kubernetes/mesh/mesh.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { compareBehavior } from '../../src/istio/packets/behavior.ts';
import { tracePacket } from '../../src/istio/packets/trace-plan.ts';
import { readYaml } from '../../src/istio/yaml.ts';
import { observeText } from '../../src/netfilter/observation.ts';
import { readRules } from '../../src/netfilter/read.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';

const ROUNDS = 3;
// Ten times the input, and room for what a start costs and for memory that grows.
const MOST = 14;

const PLAN = planFromSettings({ sets: [] });
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** A save with chains and rules of others beside those of a default pod. */
function save(chains: readonly string[], rules: readonly string[]): string {
  const own = [
    '-A OUTPUT -p tcp -j ISTIO_OUTPUT',
    '-A ISTIO_OUTPUT -d 127.0.0.1/32 -j RETURN',
    '-A ISTIO_OUTPUT -j ISTIO_REDIRECT',
    '-A ISTIO_REDIRECT -p tcp -j REDIRECT --to-ports 15001',
  ];
  const declared = [...chains, 'ISTIO_OUTPUT', 'ISTIO_REDIRECT'].map((name) => `:${name} - [0:0]`);
  return ['*nat', ':OUTPUT ACCEPT [0:0]', ...declared, ...rules, ...own, 'COMMIT', ''].join('\n');
}

const nested = (count: number): string =>
  save(
    numbers(count).map((index) => `C${index}`),
    ['-A OUTPUT -j C0', ...numbers(count - 1).map((index) => `-A C${index} -j C${index + 1}`)],
  );
const beside = (count: number): string =>
  save(
    numbers(count).map((index) => `C${index}`),
    numbers(count).flatMap((index) => [
      `-A OUTPUT -d 10.${index >> 8}.${index & 255}.0/24 -j C${index}`,
      `-A C${index} -p tcp -m tcp --dport ${index + 1} -j RETURN`,
    ]),
  );
const owners = (count: number): string =>
  save(
    [],
    numbers(count).map((index) => `-A OUTPUT -p tcp -m tcp --dport ${1 + index} -m owner --uid-owner ${2000 + index} -j RETURN`),
  );

/** A log whose messages say nothing, of a run that was told a long list. */
const logged = (count: number): string =>
  `Variables:\n----------\nINBOUND_PORTS_EXCLUDE=${numbers(count).join(',')}\n\n${numbers(count)
    .map((index) => `2024-05-01T10:00:00.${index}Z\tinfo\tmessage ${index} of something that took its time`)
    .join('\n')}\niptables-restore: line 4 failed\n`;

const seenIn = (text: string): ReturnType<typeof observeText> => observeText(readRules(text));
const packet = {
  family: 'ip',
  origin: 'local',
  protocol: 'tcp',
  state: 'NEW',
  source: '10.0.0.5',
  destination: '10.1.2.3',
  destinationPort: 65000,
  uid: 1000,
  gid: 1000,
} as const;

function trace(text: string): void {
  const { ip } = seenIn(text);
  tracePacket({ ...PLAN, ip }, packet, { addresses: ['10.0.0.5'] });
}

function byPackets(text: string): void {
  const { ip } = seenIn(text);
  compareBehavior({ ...PLAN, ip }, PLAN, { facts: { addresses: ['10.0.0.5'] } });
}

const annotated = (count: number): Workload =>
  podWith(
    'excludeOutboundPorts',
    numbers(count).map((index) => 1 + (index % 65_000)),
  );
// Each within the one before.
const rangesIn = (count: number): Workload =>
  podWith(
    'excludeOutboundIPRanges',
    numbers(count).flatMap((index) => [`10.${index >> 8}.${index & 255}.0/24`, `10.${index >> 8}.${index & 255}.128/25`]),
  );

function podWith(annotation: string, items: readonly (string | number)[]): Workload {
  const text = `apiVersion: v1\nkind: Pod\nmetadata: {name: a, annotations: {traffic.sidecar.istio.io/${annotation}: "${items.join(',')}"}}\nspec: {containers: [{name: a}]}\n`;
  const documents = readYaml(text);
  const item = 'length' in documents ? documents.flatMap((document) => readManifest(document, 'pod.yaml'))[0] : undefined;
  if (item?.kind !== 'workload') throw new Error('the pod to be measured was not read');
  return item.workload;
}

/** What it is of, its two sizes, and what reads it. */
const CASES: readonly (readonly [what: string, small: number, work: (count: number) => () => void])[] = [
  ['ports in an annotation, linted', 1_000, (count) => () => void lintWorkload(annotated(count), { mesh: NO_MESH, images: [] })],
  ['ranges in an annotation, linted', 300, (count) => () => void lintWorkload(rangesIn(count), { mesh: NO_MESH, images: [] })],
  ['nested chains, identified', 1_000, (count) => over(nested(count), (text) => identify(seenIn(text)))],
  ['nested chains, findings', 1_000, (count) => over(nested(count), (text) => findingsIn({ seen: seenIn(text) }))],
  ['nested chains, traced', 1_000, (count) => over(nested(count), trace)],
  ['chains, identified', 1_000, (count) => over(beside(count), (text) => identify(seenIn(text)))],
  ['chains, findings', 1_000, (count) => over(beside(count), (text) => findingsIn({ seen: seenIn(text) }))],
  ['chains, traced', 1_000, (count) => over(beside(count), trace)],
  ['owner rules, identified', 1_000, (count) => over(owners(count), (text) => identify(seenIn(text)))],
  ['owner rules, traced', 1_000, (count) => over(owners(count), trace)],
  ['lines of a log, its run', 1_000, (count) => over(logged(count), runIn)],
  ['lines of a log, its variables', 1_000, (count) => over(logged(count), printedVariables)],
  ['owner rules, by packets', 100, (count) => over(owners(count), byPackets)],
];

function over(text: string, work: (text: string) => unknown): () => void {
  return () => void work(text);
}

function milliseconds(work: () => void): number {
  work();
  const times = numbers(ROUNDS).map(() => {
    const { user, system } = process.cpuUsage();
    work();
    const after = process.cpuUsage();
    return (after.user + after.system - user - system) / 1e3;
  });
  return median(times);
}

export function benchHostile(): Table {
  const measured = CASES.map(([what, small, work]) => ({
    what,
    small,
    costs: [small, small * 10].map((count) => milliseconds(work(count))),
  }));
  return {
    title: 'Ten times the input',
    head: ['', 'CPU ms', 'of ten times as many', 'ratio'],
    rows: measured.map(({ what, small, costs: [one = 0, ten = 0] }) => [
      `${small} ${what}`,
      one.toFixed(1),
      ten.toFixed(1),
      (ten / one).toFixed(1),
    ]),
    limits: measured.map(({ what, small, costs: [one = 0, ten = 0] }) => ({
      what: `${small * 10} ${what}, against ${small}`,
      measured: ten / one,
      most: MOST,
    })),
  };
}
