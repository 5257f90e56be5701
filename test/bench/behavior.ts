/** Behaviour: what it costs to compare two plans for all packets, and how that grows with their rules. */

import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { compareBehavior } from '../../src/istio/packets/behavior.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';

const FACTS = { addresses: ['10.0.0.5/24'], nameservers: ['10.96.0.10'] };
const ROUNDS = 15;
const SIZES = [10, 100, 300];
// Ten times the time for three times the lists: every rule meets sets that are as long as the lists.
const MOST_GROWTH = 10;

const TARGETS = { ordinary: 200, lists: 5000 };

function planOf(release: string, sets: readonly string[]): CapturePlan {
  return planFromSettings({ sets, facts: FACTS, release: { value: release, source: { kind: 'option', option: '--release' } } });
}

/** Milliseconds of the first comparison, and of the middle one of many. */
function cost(left: CapturePlan, right: CapturePlan, rounds: number): { readonly first: number; readonly middle: number } {
  const times = Array.from({ length: rounds }, () => {
    const start = process.hrtime.bigint();
    const { tooLarge } = compareBehavior(left, right, { facts: FACTS });
    if (tooLarge) throw new Error('the comparison to be measured was given up');
    return Number(process.hrtime.bigint() - start) / 1e6;
  });
  return { first: times[0] ?? Number.NaN, middle: median(times) };
}

const ORDINARY: readonly (readonly [string, readonly string[]])[] = [
  ['default pods', []],
  ['with DNS capture', ['dns.capture=all']],
  ['with TPROXY', ['mode=TPROXY']],
];

/** As many excluded ports, in and out, and as many excluded and included ranges. */
function lists(count: number): readonly string[] {
  const numbers = (make: (index: number) => string): string => Array.from({ length: count }, (_, index) => make(index)).join(',');
  return [
    `inbound.excludePorts=${numbers((index) => `${1000 + 7 * index}`)}`,
    `outbound.excludePorts=${numbers((index) => `${9000 + 7 * index}`)}`,
    `outbound.excludeRanges=${numbers((index) => `10.${index >> 8}.${index & 255}.0/25`)}`,
    `outbound.includeRanges=${numbers((index) => `172.${16 + (index >> 8)}.${index & 255}.0/25`)}`,
  ];
}

export function benchBehavior(): Table {
  const row = (what: string, { first, middle }: ReturnType<typeof cost>, target: number): readonly string[] => [
    what,
    first.toFixed(0),
    middle.toFixed(1),
    `${target}`,
  ];
  const ordinary = ORDINARY.map(([what, sets]) =>
    row(`1.12 and 1.28, ${what}`, cost(planOf('1.12', sets), planOf('1.28', sets), ROUNDS), TARGETS.ordinary),
  );
  const grown = SIZES.map((size) => ({ size, spent: cost(planOf('1.20', lists(size)), planOf('1.25', lists(size)), 3) }));
  const [, hundred, most] = grown;
  return {
    title: 'Two plans compared for all packets',
    head: ['', 'first, ms', 'middle, ms', 'wanted, ms'],
    rows: [...ordinary, ...grown.map(({ size, spent }) => row(`1.20 and 1.25, four lists of ${size}`, spent, TARGETS.lists))],
    limits: [
      {
        what: 'lists of 300 against lists of 100, time',
        measured: (most?.spent.middle ?? Number.NaN) / (hundred?.spent.middle ?? Number.NaN),
        most: MOST_GROWTH,
      },
    ],
  };
}
