/** Dumps of whole clusters: pods per second, and that memory does not grow with their number. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeCluster } from '../clusters/cluster.ts';
import type { Table } from './table.ts';

const BIN = fileURLToPath(new URL('../../bin/istio-init', import.meta.url));
const SIZES = [10_000, 100_000];
const MOST = 1.3;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  lint: ['lint', '-o', 'json'],
  'diff @own @1.28': ['diff', '@own', '@1.28', '-o', 'json'],
};

interface Cost {
  /** Of CPU: another's work beside counts for nothing. */
  readonly seconds: number;
  /** The most that was in memory at once, as getrusage tells it. */
  readonly megabytes: number;
}

/** Both commands run side by side, a core each. */
export async function benchCluster(): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-bench-'));
  try {
    // What a process used in all is told within that process only.
    const hook = join(folder, 'used.cjs');
    writeFileSync(
      hook,
      "process.on('exit', () => require('node:fs').writeFileSync(process.env.USED, JSON.stringify(process.resourceUsage())));\n",
    );
    const rows: string[][] = [];
    const peaks = new Map<string, number[]>();
    for (const pods of SIZES) {
      const file = join(folder, 'cluster.json');
      writeCluster(file, { pods, compact: true });
      const size = statSync(file).size;
      const costs = await Promise.all(
        Object.entries(COMMANDS).map(async ([name, args]) => ({
          name,
          ...(await cost([...args, '-f', file], hook, join(folder, `${args[0]}.used`))),
        })),
      );
      for (const { name, seconds, megabytes } of costs) {
        rows.push([
          `${name}, ${pods.toLocaleString('en-US')} pods`,
          seconds.toFixed(1),
          (pods / seconds).toFixed(0),
          (size / seconds / 1e6).toFixed(0),
          megabytes.toFixed(0),
        ]);
        peaks.set(name, [...(peaks.get(name) ?? []), megabytes]);
      }
    }
    return {
      title: 'Dumps of clusters, by the number of pods; both commands at once',
      head: ['', 'CPU s', 'pods a CPU second', 'MB a CPU second', 'peak MB'],
      rows: rows.toSorted(([a = ''], [b = '']) => a.localeCompare(b, 'en', { numeric: true })),
      limits: [...peaks].map(([name, [small = Number.NaN, large = Number.NaN]]) => ({
        what: `${name}: memory for 100,000 pods against 10,000`,
        measured: large / small,
        most: MOST,
      })),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function cost(args: readonly string[], hook: string, used: string): Promise<Cost> {
  const child = spawn(process.execPath, ['--require', hook, BIN, ...args], { stdio: 'ignore', env: { ...process.env, USED: used } });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      // 1: there are differences, or findings.
      if (code !== 0 && code !== 1) return reject(new Error(`${args.join(' ')} ended with ${code}`));
      const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(readFileSync(used, 'utf8')) as NodeJS.ResourceUsage;
      resolve({ seconds: (userCPUTime + systemCPUTime) / 1e6, megabytes: maxRSS / 1024 });
    });
  });
}
