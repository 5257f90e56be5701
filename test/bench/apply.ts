/** The drop-in in a fresh namespace against the bare programs that it starts: by turns, in one run, medians. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_POD } from '../default-pod.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';
import type { Cost } from './timing.ts';
import { timed } from './timing.ts';

const BIN = fileURLToPath(new URL('../../bin/istio-iptables', import.meta.url));
const START = [process.execPath, BIN];
const DROP_IN = [...START, ...DEFAULT_POD];
const ROUNDS = 15;
const MOST = { cold: 5, again: 3 } as const;

const KINDS = ['iptables-nft', 'ip6tables-nft', 'iptables-legacy', 'ip6tables-legacy', 'iptables', 'ip6tables'];
const PROGRAMS = ['ip', 'nft', ...KINDS.flatMap((kind) => [`${kind}-save`, `${kind}-restore`])];

/** A cold run and one that changes nothing, as tables; none where they can't be measured, and one line says why. */
export function benchApply(): readonly Table[] {
  const lacking = whatIsLacking();
  if (lacking === undefined) return [measured()];
  process.stdout.write(`\nskipped: runs in a namespace are not measured: ${lacking}\n`);
  return [];
}

export function whatIsLacking(): string | undefined {
  if (process.getuid?.() !== 0) return 'they need root';
  const trial = spawnSync('unshare', ['--net', 'iptables-nft-restore'], { input: '*nat\n:TRIAL - [0:0]\nCOMMIT\n', encoding: 'utf8' });
  if (trial.status === 0) return undefined;
  return `they need iptables and a network namespace to change: ${trial.error?.message ?? trial.stderr.trim()}`;
}

function measured(): Table {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-bench-'));
  try {
    const bare = inNamespace((enter) => ({ cold: recorded(join(folder, 'cold'), enter), again: recorded(join(folder, 'again'), enter) }));
    const costs = { cold: [] as Cost[], again: [] as Cost[], bareCold: [] as Cost[], bareAgain: [] as Cost[] };
    for (let round = 0; round < ROUNDS; round += 1) {
      inNamespace((enter) => {
        costs.cold.push(timed(DROP_IN, enter));
        costs.again.push(timed(DROP_IN, enter));
      });
      inNamespace((enter) => {
        costs.bareCold.push(timed(['sh', bare.cold.script], enter));
        costs.bareAgain.push(timed(['sh', bare.again.script], enter));
      });
    }
    const row = (what: string, of: readonly Cost[], processes: number): string[] => [
      what,
      median(of.map(({ cpu }) => cpu)).toFixed(1),
      median(of.map(({ wall }) => wall)).toFixed(1),
      `${processes}`,
    ];
    return {
      title: `The drop-in in a fresh namespace, medians of ${ROUNDS} rounds`,
      head: ['', 'CPU ms', 'wall ms', 'child processes'],
      rows: [
        row('a cold run', costs.cold, bare.cold.processes),
        row('its programs alone', costs.bareCold, bare.cold.processes),
        row('a run that changes nothing', costs.again, bare.again.processes),
        row('its programs alone', costs.bareAgain, bare.again.processes),
      ],
      limits: [
        { what: 'child processes of a cold run', measured: bare.cold.processes, most: MOST.cold },
        { what: 'child processes of a run that changes nothing', measured: bare.again.processes, most: MOST.again },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Hands the prefix that enters a fresh namespace to `use`. */
export function inNamespace<R>(use: (enter: readonly string[]) => R): R {
  const name = `istio-init-bench-${process.pid}`;
  spawnSync('ip', ['netns', 'add', name]);
  // As in a pod. Where it is down the kernel shows less in its files, and a program has to be asked instead.
  spawnSync('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
  // Without an address besides loopback's the drop-in refuses, as Istio's program does.
  spawnSync('ip', ['-n', name, 'addr', 'add', '10.1.2.3/24', 'dev', 'lo']);
  try {
    return use(['nsenter', `--net=/run/netns/${name}`]);
  } finally {
    spawnSync('ip', ['netns', 'del', name]);
  }
}

/** A run whose programs are scripts that note what they are called with: how many there were, and a script that does the same calls. */
export function recorded(
  folder: string,
  enter: readonly string[],
  args: readonly string[] = DEFAULT_POD,
): { readonly processes: number; readonly script: string } {
  const [path, calls] = [join(folder, 'path'), join(folder, 'calls')];
  for (const made of [path, calls]) mkdirSync(made, { recursive: true });
  const searched = process.env['PATH'] ?? '';
  for (const program of PROGRAMS) {
    const script = `#!/bin/sh\nPATH='${searched}'\necho ${program} "$@" >${calls}/$$\ncat >${calls}/$$.in\nexec ${program} "$@" <${calls}/$$.in\n`;
    writeFileSync(join(path, program), script, { mode: 0o755 });
  }
  timed(['env', `PATH=${path}:${searched}`, ...START, ...args], enter);
  const files = readdirSync(calls)
    .filter((file) => !file.endsWith('.in'))
    .map((file) => join(calls, file))
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  const script = join(folder, 'script');
  writeFileSync(script, files.map((file) => `${readFileSync(file, 'utf8').trim()} <${file}.in\n`).join(''));
  return { processes: files.length, script };
}
