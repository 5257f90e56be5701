/** Memory at its peak: that of a control group in which a program runs with all that it starts. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';
const [PARENT, PEAK] = existsSync(`${ROOT}/cgroup.controllers`) ? [ROOT, 'memory.peak'] : [`${ROOT}/memory`, 'memory.max_usage_in_bytes'];

/** Bytes, of pages of files only those that nobody had read before; undefined where this machine has no such groups to make. */
export function peakMemory(argv: readonly string[], prefix: readonly string[]): number | undefined {
  const group = `${PARENT}/istio-init-bench-memory-${process.pid}`;
  try {
    if (PARENT === ROOT) writeFileSync(`${ROOT}/cgroup.subtree_control`, '+memory');
    mkdirSync(group);
    const [program = '', ...args] = [...prefix, 'sh', '-c', `echo $$ >${group}/cgroup.procs && exec "$@"`, 'sh', ...argv];
    spawnSync(program, args, { stdio: 'ignore' });
    return Number(readFileSync(`${group}/${PEAK}`, 'utf8'));
  } catch {
    return undefined;
  } finally {
    if (existsSync(group)) rmdirSync(group);
  }
}
