/** What a process costs. */

import { spawnSync } from 'node:child_process';

export interface Cost {
  /** Milliseconds, those of its children included. */
  readonly cpu: number;
  readonly wall: number;
}

/** Runs a program to its end, behind a prefix whose own cost is left out. bash's `time` asks getrusage, which Node does not show for children. */
export function timed(argv: readonly string[], prefix: readonly string[] = []): Cost {
  // This variable alone costs Node 20 tens of milliseconds, and no init container has it.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  const script = 'TIMEFORMAT="%3U %3S %3R"; { time "$@" >/dev/null 2>&3; } 3>/dev/null';
  const [program = '', ...args] = [...prefix, 'bash', '-c', script, 'bash', ...argv];
  const { status, stderr } = spawnSync(program, args, { env, encoding: 'utf8' });
  const [user = Number.NaN, system = Number.NaN, real = Number.NaN] = (stderr ?? '').trim().split(' ').map(Number);
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}`);
  return { cpu: (user + system) * 1000, wall: real * 1000 };
}
