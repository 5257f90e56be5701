/** Many exclusions: time and memory must grow with their number, not with its square. */

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import type { Table } from './table.ts';

const SIZES = [10, 1000, 10000];
// Ten times the exclusions, and room for what a plan costs anyway.
const MOST = 12;
// Plans kept at once while memory is measured, so that one of them is more than the noise.
const KEPT = 8;
// Exclusions handled in a round while time is measured.
const WORK = 20_000;
const ROUNDS = 6;

// V8's own collector, which Node shows only when asked.
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const LISTS = {
  'excluded ranges': (count: number): string =>
    `outbound.excludeRanges=${Array.from({ length: count }, (_, index) => `10.${index >> 8}.${index & 255}.0/24`).join(',')}`,
  'excluded ports': (count: number): string => `inbound.excludePorts=${Array.from({ length: count }, (_, index) => index + 1).join(',')}`,
} as const;

interface Cost {
  readonly milliseconds: number;
  readonly megabytes: number;
}

function cost(set: string, size: number): Cost {
  const run = (): { plan: CapturePlan; text: string } => {
    const plan = planFromSettings({ sets: [set] });
    return { plan, text: printRestore(plan.ip) };
  };
  for (let count = 0; count < 5; count += 1) run();
  // The same number of exclusions in all for each size, and all kept until the end: a young heap collects
  // small plans for nothing, which would make the large ones look worse than they are.
  const runs = WORK / size;
  const start = process.cpuUsage();
  for (let round = 0; round < ROUNDS; round += 1) Array.from({ length: runs }, run);
  const { user, system } = process.cpuUsage(start);
  const milliseconds = (user + system) / 1e3 / runs / ROUNDS;
  // What plans and their texts hold on to: the heap after a collection, with and without them.
  collect();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: KEPT }, run);
  collect();
  const megabytes = (process.memoryUsage().heapUsed - before) / KEPT / 1e6;
  if (kept.some(({ plan, text }) => plan.problems.length > 0 || text === ''))
    throw new Error('the plan to be measured is not what it should be');
  return { milliseconds, megabytes };
}

export function benchGrowth(): Table {
  const measured = Object.entries(LISTS).map(([what, list]) => ({ what, costs: SIZES.map((size) => cost(list(size), size)) }));
  const rows = measured.flatMap(({ what, costs }) =>
    costs.map(({ milliseconds, megabytes }, index) => [`${SIZES[index]} ${what}`, milliseconds.toFixed(2), megabytes.toFixed(2)]),
  );
  const limits = measured.flatMap(({ what, costs }) => {
    const [, thousand, tenThousand] = costs;
    return [
      {
        what: `10,000 ${what} against 1,000, time`,
        measured: (tenThousand?.milliseconds ?? 0) / (thousand?.milliseconds ?? 0),
        most: MOST,
      },
      { what: `10,000 ${what} against 1,000, memory`, measured: (tenThousand?.megabytes ?? 0) / (thousand?.megabytes ?? 0), most: MOST },
    ];
  });
  return { title: 'Plan made and printed, by the number of exclusions', head: ['', 'CPU ms', 'MB kept'], rows, limits };
}
