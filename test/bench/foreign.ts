/** The drop-in in a namespace with many rules of others: the static build beside the executable, by turns, medians. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DEFAULT_POD } from '../default-pod.ts';
import { inNamespace, whatIsLacking } from './apply.ts';
import { inMemory } from './memory.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';
import type { Cost } from './timing.ts';
import { timed } from './timing.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const BUILDS = { static: fileOf('dist/static/istio-iptables'), executable: fileOf('dist/bin/istio-iptables') } as const;
const RUNS = ['cold', 'nothing to change', 'clean'] as const;
// A kernel takes seconds to list 100,000 rules, whoever asks.
const SIZES = [
  { rules: 10_000, rounds: 5 },
  { rules: 100_000, rounds: 1 },
] as const;
const MOST = 1.5;

/** The table; none where it can't be measured, and one line says why. */
export function benchForeign(): readonly Table[] {
  const lacking = Object.values(BUILDS).every((file) => existsSync(file)) ? whatIsLacking() : 'dist/static or dist/bin is not built here';
  if (lacking === undefined) return [table()];
  process.stdout.write(`\nskipped: runs among rules of others are not measured: ${lacking}\n`);
  return [];
}

function table(): Table {
  const costs = new Map<string, Cost[]>();
  const peaks = new Map<string, number>();
  for (const { rules, rounds } of SIZES) {
    for (let round = 0; round < rounds; round += 1)
      for (const [name, file] of Object.entries(BUILDS))
        inNamespace((enter) => {
          fill(enter, rules);
          for (const run of RUNS) {
            const key = `${rules} rules, ${name}, ${run}`;
            const argv = [file, ...(run === 'clean' ? ['--cleanup-only'] : DEFAULT_POD)];
            costs.set(key, [...(costs.get(key) ?? []), timed(argv, enter)]);
          }
          if (round === 0) peaks.set(`${rules} rules, ${name}, cold`, inMemory([file, ...DEFAULT_POD], enter)?.peak ?? Number.NaN);
        });
  }
  const cpu = (key: string): number => median((costs.get(key) ?? []).map((cost) => cost.cpu));
  return {
    title: `The drop-in among rules of others, medians (${SIZES.map(({ rules, rounds }) => `${rounds} rounds of ${rules} rules`).join(', ')})`,
    head: ['', 'CPU ms', 'lowest-highest', 'wall ms', 'peak MB'],
    rows: [...costs].map(([key, of]) => {
      const sorted = of.map((cost) => cost.cpu).sort((a, b) => a - b);
      const peak = peaks.get(key);
      return [
        key,
        cpu(key).toFixed(0),
        `${sorted[0]?.toFixed(0)}-${sorted.at(-1)?.toFixed(0)}`,
        median(of.map(({ wall }) => wall)).toFixed(0),
        peak === undefined ? '' : (peak / 1e6).toFixed(0),
      ];
    }),
    limits: RUNS.map((run) => ({
      what: `CPU of a run with 10,000 rules of others, ${run}, static against the executable`,
      measured: cpu(`10000 rules, static, ${run}`) / cpu(`10000 rules, executable, ${run}`),
      most: MOST,
    })),
  };
}

/** Rules of the usual kinds in a chain of their own, in filter and in nat. */
function fill(enter: readonly string[], count: number): void {
  const kinds = [
    (at: number) => `-s 10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32 -p tcp -m tcp --dport ${1 + (at % 60_000)} -j ACCEPT`,
    (at: number) => `-d 10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32 -m comment --comment "rule ${at} of others" -j RETURN`,
    (at: number) => `-i eth${at % 9} -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN`,
    (at: number) => `-s 10.${at >> 16}.${(at >> 8) & 255}.0/24 -p udp -m multiport --dports 53,${1000 + (at % 5000)} -j ACCEPT`,
  ] as const;
  const block = (name: string, from: number): string => {
    const rules = Array.from({ length: count / 2 }, (_, at) => `-A FOREIGN ${kinds[at % kinds.length]?.(from + at)}`);
    return [`*${name}`, ':FOREIGN - [0:0]', ...rules, 'COMMIT', ''].join('\n');
  };
  const [program = '', ...args] = [...enter, 'iptables-nft-restore', '--noflush'];
  const { status } = spawnSync(program, args, { input: `${block('filter', 0)}${block('nat', count)}` });
  if (status !== 0) throw new Error(`the rules of others are not there: iptables-nft-restore ended with ${status}`);
}
