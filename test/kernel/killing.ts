/** The drop-in as a program in a namespace that is killed after a while, alone or with others. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';

/**
 * What SIGKILL hits. Programs that it has started lead groups of their own and finish their work in the first
 * two; the last is what a container runtime does.
 */
export const VICTIMS = ['the program', 'its process group', 'everything in its pid namespace'] as const;
export type Victim = (typeof VICTIMS)[number];

const PROGRAM = join(BIN, 'istio-iptables');

/** Runs the drop-in and kills it after `delay` milliseconds unless it has ended; answers its exit code when nothing of it runs any more. */
export async function runAndKill(namespace: Namespace, args: readonly string[], victim: Victim, delay: number): Promise<number | null> {
  const others = inhabitants(namespace);
  const inside = victim === 'everything in its pid namespace' ? ['unshare', '--pid', '--fork', '--kill-child'] : [];
  const child = spawn('ip', ['netns', 'exec', namespace.name, ...inside, PROGRAM, ...args], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: process.env['PATH'] },
  });
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const alarm = new AbortController();
  await Promise.race([ended, sleep(delay, undefined, { signal: alarm.signal })]);
  alarm.abort();
  if (child.exitCode === null && child.pid !== undefined) process.kill(victim === 'its process group' ? -child.pid : child.pid, 'SIGKILL');
  const [exitCode] = await ended;
  while (inhabitants(namespace).some((pid) => !others.includes(pid))) await sleep(1);
  return exitCode;
}

/** The processes in the namespace. */
function inhabitants({ name }: Namespace): readonly string[] {
  const { ino } = statSync(`/run/netns/${name}`);
  return readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && namespaceOf(entry) === ino);
}

function namespaceOf(pid: string): number | undefined {
  try {
    return statSync(`/proc/${pid}/ns/net`).ino;
  } catch {
    // It has ended in the meantime.
    return undefined;
  }
}
