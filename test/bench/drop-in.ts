/** The drop-in of each build, and of Istio where BENCH_REAL names it: every kind of run, by turns in one run, medians with their spread. */

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_POD } from '../default-pod.ts';
import { inNamespace, recorded, whatIsLacking } from './apply.ts';
import { dropPages, inMemory } from './memory.ts';
import { underQuota } from './quota.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';
import type { Cost } from './timing.ts';
import { timed } from './timing.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const BARE = 'node -e 0';
// As the Node build makes them: the static executable asks the kernel what that asks nft.
const CALLS = 'the calls of nft and iptables alone';
const STATIC = 'static';

/** What is run, in this order, in a fresh namespace each round. */
const WORK = {
  'dry run': [...DEFAULT_POD, '--dry-run'],
  'cold run': DEFAULT_POD,
  'nothing to change': DEFAULT_POD,
  validation: [...DEFAULT_POD, '--skip-rule-apply', '--run-validation'],
  clean: ['--cleanup-only'],
} as const satisfies Record<string, readonly string[]>;
type Work = keyof typeof WORK;

const ROUNDS = 25;
// A cleanup's own programs are a third of a bare Node already.
const MOST_OF_NODE = { 'cold run': 0.6, 'nothing to change': 0.4, clean: 0.6 } as const;
const MOST_OF_CALLS = 2;

function programs(): ReadonlyMap<string, readonly string[]> {
  const real = process.env['BENCH_REAL'];
  return new Map([
    [STATIC, [fileOf('dist/static/istio-iptables')]],
    ['executable', [fileOf('dist/bin/istio-iptables')]],
    ['Node bundle', [process.execPath, fileOf('bin/istio-iptables')]],
    ...(real === undefined ? [] : [["Istio's own", real.split(' ')] as const]),
  ]);
}

/** The tables; none where they can't be measured, and one line says why. */
export function benchDropIn(): readonly Table[] {
  const lacking = existsSync(fileOf('dist/static/istio-iptables')) ? whatIsLacking() : 'dist/static is not built here (npm run static)';
  if (lacking !== undefined) {
    process.stdout.write(`\nskipped: the builds of the drop-in are not measured: ${lacking}\n`);
    return [];
  }
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-bench-'));
  try {
    return [table(callsIn(folder)), coldPages()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What iptables is called with in a run, as a script for each kind of run. */
type Calls = readonly (readonly [keyof typeof MOST_OF_NODE, string])[];

function callsIn(folder: string): Calls {
  return inNamespace((enter) =>
    (['cold run', 'nothing to change', 'clean'] as const).map((work) => [
      work,
      recorded(join(folder, work.replaceAll(' ', '-')), enter, WORK[work]).script,
    ]),
  );
}

function table(calls: Calls): Table {
  const free = measured(calls, ROUNDS, []);
  const slow = [100, 50].map((millicores) => underQuota(millicores, (prefix) => measured(calls, 3, prefix)));
  const cpu = (name: string, work: Work): number => middle(free, name, work, 'cpu');
  const bare = cpu(BARE, 'dry run');
  return {
    title: `The drop-in of each build, medians of ${ROUNDS} rounds (spread: the middle half)`,
    head: ['', 'CPU ms', 'spread', 'wall ms', 'at 100m', 'at 50m', 'peak MB', 'CPU against bare Node'],
    rows: [...free.keys()].map((key) => {
      const [name = '', work] = key.split(', ') as [string, Work];
      const peak = peakOf(name, work);
      return [
        key,
        cpu(name, work).toFixed(1),
        spread(free.get(key) ?? []),
        middle(free, name, work, 'wall').toFixed(1),
        ...slow.map((costs) => (costs === undefined ? '' : middle(costs, name, work, 'wall').toFixed(0))),
        peak === undefined ? '' : (peak / 1e6).toFixed(1),
        (cpu(name, work) / bare).toFixed(2),
      ];
    }),
    limits: [
      { what: 'CPU of a dry run, static against a bare node -e 0', measured: cpu(STATIC, 'dry run') / bare, most: 0.2 },
      ...calls.flatMap(([work]) => [
        { what: `CPU of a run: ${work}, static against a bare node -e 0`, measured: cpu(STATIC, work) / bare, most: MOST_OF_NODE[work] },
        { what: 'the same against its bare calls', measured: cpu(STATIC, work) / cpu(CALLS, work), most: MOST_OF_CALLS },
      ]),
    ],
  };
}

const PROGRAM_OF_IPTABLES = '/usr/sbin/xtables-nft-multi';

/** A cold run whose program nobody has read before, in a container with little memory. */
function coldPages(): Table {
  const cases = [
    [STATIC, 8],
    [STATIC, 64],
    ['executable', 64],
  ] as const;
  const found = cases.map(([name, mebibytes]) => {
    const start = programs().get(name) ?? [];
    dropPages([...start, PROGRAM_OF_IPTABLES]);
    return { name, mebibytes, ran: inNamespace((enter) => inMemory([...start, ...WORK['cold run']], enter, mebibytes * 2 ** 20)) };
  });
  const wall = found[0]?.ran?.succeeded === true ? found[0].ran.wall : Number.POSITIVE_INFINITY;
  return {
    title: 'A cold run with cold pages, under a limit of memory',
    head: ['', 'limit MiB', 'wall ms', 'peak MB', 'ended well'],
    rows: found.map(({ name, mebibytes, ran }) => [
      name,
      `${mebibytes}`,
      ran?.wall.toFixed(0) ?? '',
      ran === undefined ? '' : (ran.peak / 1e6).toFixed(1),
      ran === undefined ? '' : `${ran.succeeded}`,
    ]),
    limits: [{ what: 'wall ms of the static drop-in in 8 MiB', measured: wall, most: 2000 }],
  };
}

type Costs = ReadonlyMap<string, readonly Cost[]>;

function middle(costs: Costs, name: string, work: Work, of: keyof Cost): number {
  return median((costs.get(`${name}, ${work}`) ?? []).map((cost) => cost[of]));
}

/** From the first quarter to the third. */
function spread(costs: readonly Cost[]): string {
  const sorted = costs.map(({ cpu }) => cpu).sort((a, b) => a - b);
  const at = (part: number): string => (sorted[Math.floor(sorted.length * part)] ?? Number.NaN).toFixed(1);
  return `${at(0.25)}-${at(0.75)}`;
}

function measured(calls: Calls, rounds: number, prefix: readonly string[]): Costs {
  const costs = new Map<string, Cost[]>();
  const note = (key: string, cost: Cost): unknown => costs.set(key, [...(costs.get(key) ?? []), cost]);
  for (let round = 0; round < rounds; round += 1) {
    note(`${BARE}, dry run`, timed([...prefix, process.execPath, '-e', '0']));
    for (const [name, start] of programs())
      inNamespace((enter) => {
        for (const [work, args] of Object.entries(WORK)) note(`${name}, ${work}`, timed([...prefix, ...start, ...args], enter));
      });
    inNamespace((enter) => {
      for (const [work, script] of calls) note(`${CALLS}, ${work}`, timed([...prefix, 'sh', script], enter));
    });
  }
  return costs;
}

/** The peak of memory of a run and all that it starts, page cache of files left out; undefined where that can't be seen. */
function peakOf(name: string, work: Work): number | undefined {
  const start = programs().get(name);
  if (start === undefined) return undefined;
  return inNamespace((enter) => {
    if (work !== 'cold run' && work !== 'dry run') timed([...start, ...DEFAULT_POD], enter);
    return inMemory([...start, ...WORK[work]], enter)?.peak;
  });
}
