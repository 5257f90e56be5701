/** The network namespaces of a node's pods, found from /proc alone: no container runtime is asked. */

import { readdirSync, readlinkSync } from 'node:fs';
import { denied } from '../namespace/denied.ts';
import { requireLinux } from '../namespace/namespace.ts';
import { startOfFile } from './start-of-file.ts';

export interface PodProcess {
  readonly pid: number;
  readonly argv: readonly string[];
}

export interface PodNamespace {
  /** As the kernel names it: `net:[4026532281]`. */
  readonly id: string;
  readonly processes: readonly PodProcess[];
}

/**
 * All network namespaces but the node's own, which is that of process 1, each with its processes by number. A process
 * that ends meanwhile is left out. Throws an Error in words where /proc does not show the node's processes.
 */
export function podNamespaces(): readonly PodNamespace[] {
  requireLinux();
  if (process.pid === 1) throw new Error('this is process 1 and sees no process of the node: the pod needs hostPID');
  const node = namespaceOf(1);
  if (node === undefined) throw new Error(`the network namespace of process 1 can not be read: ${denied('open')}`);
  return namespacesOf(pids()).filter(({ id }) => id !== node);
}

/** The network namespaces of these processes. */
export function namespacesOf(processes: readonly number[]): readonly PodNamespace[] {
  const found = new Map<string, PodProcess[]>();
  for (const pid of processes) {
    const id = namespaceOf(pid);
    if (id === undefined) continue;
    const others = found.get(id);
    const one = { pid, argv: argvOf(pid) };
    if (others === undefined) found.set(id, [one]);
    else others.push(one);
  }
  return [...found].map(([id, own]) => ({ id, processes: own }));
}

function pids(): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/** The network namespace that a process is in; undefined where it has ended, or may not be looked at. */
export function namespaceOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}

/** Of the words that start a process the first ones tell what it is. */
const MOST_BYTES = 4096;

function argvOf(pid: number): readonly string[] {
  try {
    return startOfFile(`/proc/${pid}/cmdline`, MOST_BYTES).split('\0').slice(0, -1);
  } catch {
    return [];
  }
}
