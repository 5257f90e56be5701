/** Runs of the built program in a process that is kept for the next: what they leave is what a process of their own does (kept.test.ts). */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { LATE_OPTIMIZING } from '../late-optimizing.ts';

export interface Ended {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface Kept {
  readonly child: ChildProcess;
  /** What it leaves where it ends itself. */
  readonly ended: Promise<Ended>;
  runs: number;
}

const KEPT = fileURLToPath(new URL('kept-process.cjs', import.meta.url));
/** Whatever a run leaves behind goes with the process. */
const MOST_RUNS = 400;

/** Tests that run at once share so many. */
const MOST_PROCESSES = 2;

const idle: Kept[] = [];
const waiting: (() => void)[] = [];
let busy = 0;

/** Runs the program with nothing on its standard input, for at most so many milliseconds. */
export async function runKept(program: string, args: readonly string[], cwd: string, timeout: number): Promise<Ended> {
  while (busy === MOST_PROCESSES) await new Promise<void>((resolve) => waiting.push(resolve));
  busy += 1;
  try {
    return await runIn(idle.pop() ?? start(program), args, cwd, timeout);
  } finally {
    busy -= 1;
    waiting.shift()?.();
  }
}

async function runIn(kept: Kept, args: readonly string[], cwd: string, timeout: number): Promise<Ended> {
  const { child, ended } = kept;
  hold(child, true);
  const late = setTimeout(() => child.kill('SIGKILL'), timeout);
  const said = once(child, 'message').then(([found]) => found as Ended);
  child.send({ args, cwd, env: process.env });
  const found = await Promise.race([said, ended]);
  clearTimeout(late);
  kept.runs += 1;
  if (!child.connected) return found;
  if (kept.runs === MOST_RUNS) child.disconnect();
  else idle.push(kept);
  hold(child, false);
  return found;
}

function start(program: string): Kept {
  const child = spawn(process.execPath, [...LATE_OPTIMIZING, '--', KEPT, program], {
    argv0: 'node',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const outputs = Promise.all([child.stdout, child.stderr].map((one) => (one === null ? '' : text(one))));
  const ended = once(child, 'close').then(async ([code]): Promise<Ended> => {
    const [stdout = '', stderr = ''] = await outputs;
    return { exitCode: (code as number | null) ?? undefined, stdout, stderr };
  });
  return { child, ended, runs: 0 };
}

/** Whether this process waits for that one. */
function hold(child: ChildProcess, held: boolean): void {
  for (const one of [child, child.channel, child.stdout as Socket | null, child.stderr as Socket | null]) one?.[held ? 'ref' : 'unref']();
}
