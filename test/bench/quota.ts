/** CPU quotas: control groups, of version 1 or 2, that a process puts itself into. */

import { existsSync, mkdirSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';
/** Microseconds, the kubelet's. */
const PERIOD = 100_000;

/** Hands the prefix that puts a program under a quota to `use`; undefined where this machine has no such groups to make. */
export function underQuota<R>(millicores: number, use: (prefix: readonly string[]) => R): R | undefined {
  const quota = (millicores / 1000) * PERIOD;
  const [parent, settings] = existsSync(`${ROOT}/cgroup.controllers`)
    ? [ROOT, { 'cpu.max': `${quota} ${PERIOD}` }]
    : [`${ROOT}/cpu`, { 'cpu.cfs_period_us': `${PERIOD}`, 'cpu.cfs_quota_us': `${quota}` }];
  const group = `${parent}/istio-init-bench-${process.pid}-${millicores}`;
  try {
    if (parent === ROOT) writeFileSync(`${ROOT}/cgroup.subtree_control`, '+cpu');
    mkdirSync(group);
    for (const [file, value] of Object.entries(settings)) writeFileSync(`${group}/${file}`, value);
  } catch {
    remove(group);
    return undefined;
  }
  try {
    return use(['sh', '-c', `echo $$ >${group}/cgroup.procs && exec "$@"`, 'sh']);
  } finally {
    remove(group);
  }
}

function remove(group: string): void {
  try {
    if (readdirSync(group).length > 0) rmdirSync(group);
  } catch {
    // It was never made, or a process in it is still ending: it stays empty and harmless.
  }
}
