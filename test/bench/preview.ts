/** `preview` as a process against a bare Node: by turns, in one run, medians of CPU time. */

import { fileURLToPath } from 'node:url';
import type { Table } from './table.ts';
import { median } from './table.ts';
import type { Cost } from './timing.ts';
import { timed } from './timing.ts';

const BIN = fileURLToPath(new URL('../../bin/istio-init', import.meta.url));
const ROUNDS = 25;
const MOST = 4;

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'istio-init --version': [BIN, '--version'],
  'istio-init preview': [BIN, 'preview'],
  'istio-init preview -f sidecar.yaml': [BIN, 'preview', '-f', fileURLToPath(new URL('../../docs/examples/sidecar.yaml', import.meta.url))],
};

export function benchPreview(): Table {
  const runs = new Map(Object.keys(PROGRAMS).map((name) => [name, [] as Cost[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, args] of Object.entries(PROGRAMS)) runs.get(name)?.push(timed([process.execPath, ...args]));
  }
  const cpu = (name: string): number => median((runs.get(name) ?? []).map((one) => one.cpu));
  const wall = (name: string): number => median((runs.get(name) ?? []).map((one) => one.wall));
  const bare = cpu('node -e 0');
  return {
    title: `A process, medians of ${ROUNDS} rounds`,
    head: ['', 'CPU ms', 'wall ms', 'CPU against bare Node'],
    rows: Object.keys(PROGRAMS).map((name) => [name, cpu(name).toFixed(1), wall(name).toFixed(1), (cpu(name) / bare).toFixed(2)]),
    limits: [{ what: 'CPU of preview against bare Node', measured: cpu('istio-init preview') / bare, most: MOST }],
  };
}
