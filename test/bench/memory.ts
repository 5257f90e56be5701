/** Memory: the peak of a control group in which a program runs with all that it starts, and what a limit costs where no page is there yet. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';
const [PARENT, PEAK, LIMIT] = existsSync(`${ROOT}/cgroup.controllers`)
  ? [ROOT, 'memory.peak', 'memory.max']
  : [`${ROOT}/memory`, 'memory.max_usage_in_bytes', 'memory.limit_in_bytes'];

export interface Memory {
  /** Bytes, of pages of files only those that nobody had read before. */
  readonly peak: number;
  /** Milliseconds. */
  readonly wall: number;
  readonly succeeded: boolean;
}

/** Runs a program in a group of its own, with at most so many bytes; undefined where this machine has no such groups to make. */
export function inMemory(argv: readonly string[], prefix: readonly string[], limit?: number): Memory | undefined {
  const group = `${PARENT}/istio-init-bench-memory-${process.pid}`;
  try {
    if (PARENT === ROOT) writeFileSync(`${ROOT}/cgroup.subtree_control`, '+memory');
    mkdirSync(group);
    if (limit !== undefined) writeFileSync(`${group}/${LIMIT}`, `${limit}`);
    const [program = '', ...args] = [...prefix, 'sh', '-c', `echo $$ >${group}/cgroup.procs && exec "$@"`, 'sh', ...argv];
    const begin = performance.now();
    const { status } = spawnSync(program, args, { stdio: 'ignore', timeout: 30_000 });
    return { wall: performance.now() - begin, peak: Number(readFileSync(`${group}/${PEAK}`, 'utf8')), succeeded: status === 0 };
  } catch {
    return undefined;
  } finally {
    if (existsSync(group)) rmdirSync(group);
  }
}

/** Has the kernel forget the pages of files, as on a node that starts them for the first time. */
export function dropPages(files: readonly string[]): void {
  for (const file of files) spawnSync('dd', [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'], { stdio: 'ignore' });
}
