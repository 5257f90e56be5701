/** `preview` as a process against a bare Node: by turns, in one run, medians of CPU time. */

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Table } from './table.ts';
import { median } from './table.ts';

const BIN = fileURLToPath(new URL('../../bin/istio-init', import.meta.url));
const ROUNDS = 25;
const MOST = 4;

const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
  'node -e 0': ['-e', '0'],
  'istio-init --version': [BIN, '--version'],
  'istio-init preview': [BIN, 'preview'],
  'istio-init preview -f sidecar.yaml': [BIN, 'preview', '-f', fileURLToPath(new URL('../../docs/examples/sidecar.yaml', import.meta.url))],
};

interface Run {
  readonly cpu: number;
  readonly wall: number;
}

/** Milliseconds of one run. bash's `time` asks getrusage, which Node does not show for children. */
function run(args: readonly string[]): Run {
  // This variable alone costs Node 20 tens of milliseconds, and no init container has it.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const script = 'TIMEFORMAT="%3U %3S %3R"; { time "$@" >/dev/null 2>&3; } 3>/dev/null';
  const { status, stderr } = spawnSync('bash', ['-c', script, 'bash', process.execPath, ...args], { env, encoding: 'utf8' });
  const [user = Number.NaN, system = Number.NaN, real = Number.NaN] = stderr.trim().split(' ').map(Number);
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}`);
  return { cpu: (user + system) * 1000, wall: real * 1000 };
}

export function benchPreview(): Table {
  const runs = new Map(Object.keys(PROGRAMS).map((name) => [name, [] as Run[]]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, args] of Object.entries(PROGRAMS)) runs.get(name)?.push(run(args));
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
