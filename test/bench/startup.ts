/** What a start costs: a bare Node, the program for Node, and the executable; by turns, in one run, medians. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEFAULT_POD } from '../default-pod.ts';
import { inNamespace, whatIsLacking } from './apply.ts';
import { underQuota } from './quota.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';
import type { Cost } from './timing.ts';
import { timed } from './timing.ts';

const EXECUTABLE = fileURLToPath(new URL('../../dist/bin/istio-init', import.meta.url));
const BUNDLE = fileURLToPath(new URL('../../bin/istio-init', import.meta.url));

const BARE = 'node -e 0';
const COLD = ['istio-iptables', ...DEFAULT_POD];

/** What is started; a cold run of the drop-in gets a fresh namespace each time. */
function programs(): ReadonlyMap<string, readonly string[]> {
  const work = { '--version': ['--version'], preview: ['preview'], 'cold drop-in': COLD };
  const all = { 'Node bundle': [process.execPath, BUNDLE], executable: [EXECUTABLE] };
  const rows = Object.entries(work).flatMap(([what, args]) =>
    Object.entries(all).map(([program, start]) => [`${what}, ${program}`, [...start, ...args]] as const),
  );
  return new Map([[BARE, [process.execPath, '-e', '0']], ...rows]);
}

type Costs = ReadonlyMap<string, Cost>;

/** The table; none where it can't be measured, and one line says why. */
export function benchStartup(): readonly Table[] {
  const lacking = existsSync(EXECUTABLE) ? whatIsLacking() : 'dist/bin/istio-init is not built here';
  if (lacking !== undefined) {
    process.stdout.write(`\nskipped: start-up is not measured: ${lacking}\n`);
    return [];
  }
  const free = measured(15, []);
  const [slow, slower] = [underQuota(100, (prefix) => measured(9, prefix)), underQuota(50, (prefix) => measured(3, prefix))];
  if (slow === undefined)
    process.stdout.write('\nskipped: start-up under a CPU quota is not measured: this machine has no control groups to make\n');
  const ratio = (costs: Costs | undefined, name: string, of: keyof Cost): number =>
    (costs?.get(name)?.[of] ?? Number.NaN) / (costs?.get(BARE)?.[of] ?? Number.NaN);
  const shown = (value: number | undefined): string => (value === undefined ? '' : value.toFixed(value < 10 ? 2 : 1));
  return [
    {
      title: 'Start-up, medians of 15 rounds, of 9 at a CPU quota of 100m, of 3 at 50m',
      head: ['', 'CPU ms', 'wall ms', 'wall at 100m', 'wall at 50m', 'CPU against bare', 'wall at 100m against bare'],
      rows: [...free].map(([name, { cpu, wall }]) => [
        name,
        shown(cpu),
        shown(wall),
        shown(slow?.get(name)?.wall),
        shown(slower?.get(name)?.wall),
        shown(ratio(free, name, 'cpu')),
        slow === undefined ? '' : shown(ratio(slow, name, 'wall')),
      ]),
      limits: [
        { what: 'CPU of a cold drop-in, executable against bare Node', measured: ratio(free, 'cold drop-in, executable', 'cpu'), most: 2 },
        ...(slow === undefined
          ? []
          : [{ what: 'its wall time at 100m against bare Node', measured: ratio(slow, 'cold drop-in, executable', 'wall'), most: 2.5 }]),
        { what: 'CPU of preview, executable against bare Node', measured: ratio(free, 'preview, executable', 'cpu'), most: 1 },
        { what: 'its wall time against bare Node', measured: ratio(free, 'preview, executable', 'wall'), most: 1 },
      ],
    },
  ];
}

function measured(rounds: number, prefix: readonly string[]): Costs {
  const all = programs();
  const runs = new Map([...all.keys()].map((name) => [name, [] as Cost[]]));
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, argv] of all) {
      const run = (enter: readonly string[]): unknown => runs.get(name)?.push(timed([...prefix, ...argv], enter));
      if (name.startsWith('cold')) inNamespace(run);
      else run([]);
    }
  }
  const middle = (costs: readonly Cost[], of: keyof Cost): number => median(costs.map((cost) => cost[of]));
  return new Map([...runs].map(([name, costs]) => [name, { cpu: middle(costs, 'cpu'), wall: middle(costs, 'wall') }]));
}
