/** What a run of the static drop-in is made of: its start, the programs that it starts, and what it reads. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianRoot } from '../../scripts/debian-root.mjs';
import { DEFAULT_POD } from '../default-pod.ts';
import { inNamespace, whatIsLacking } from './apply.ts';
import type { Table } from './table.ts';
import { median } from './table.ts';

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const STATIC = fileOf('dist/static/istio-iptables');
// QuickJS's own interpreter with nothing to do, in the root that the static build is made in.
const TRIXIE = debianRoot('x64');
const EMPTY = [
  `${TRIXIE}/lib64/ld-linux-x86-64.so.2`,
  '--library-path',
  `${TRIXIE}/usr/lib/x86_64-linux-gnu`,
  `${TRIXIE}/usr/bin/qjs`,
  '-e',
  '0',
];
const FIRST_CHILDREN = ['nft', 'iptables-nft-save', 'ip'];
const ROUNDS = 15;
// So many starts are measured together: the clock of a process has steps of a millisecond.
const STARTS = 20;
// An empty program takes 0.8 ms where a run may take 4 until its first child.
const MOST_UNTIL_CHILD = 5;

/** The tables; none where they can't be measured, and one line says why. */
export function benchParts(): readonly Table[] {
  const isBuilt = [STATIC, `${TRIXIE}/usr/bin/qjs`].every((file) => existsSync(file));
  const lacking = isBuilt ? whatIsLacking() : 'dist/static is not built here (npm run static)';
  if (lacking === undefined) return [starts(), children()];
  process.stdout.write(`\nskipped: the parts of a run are not measured: ${lacking}\n`);
  return [];
}

function starts(): Table {
  const folder = mkdtempSync(join(tmpdir(), 'istio-init-bench-'));
  for (const name of FIRST_CHILDREN) writeFileSync(join(folder, name), '#!/bin/sh\nkill -9 $PPID\n', { mode: 0o755 });
  const argvs = {
    'an empty program of QuickJS (qjs -e 0)': EMPTY,
    'a dry run': [STATIC, ...DEFAULT_POD, '--dry-run'],
    // Whatever it starts ends it at once, and what that costs is not counted: nobody waits for it any more.
    'a run until its first child': [STATIC, ...DEFAULT_POD],
  } as const;
  const costs = new Map<string, number[]>();
  inNamespace((enter) => {
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [what, argv] of Object.entries(argvs)) costs.set(what, [...(costs.get(what) ?? []), cpuOf(argv, enter, folder)]);
  });
  rmSync(folder, { recursive: true });
  const of = (what: keyof typeof argvs): readonly number[] => costs.get(what) ?? [];
  const child = median(of('a run until its first child'));
  return {
    title: `Starts of the static drop-in, medians of ${ROUNDS} rounds of ${STARTS} starts`,
    head: ['', 'CPU ms', 'middle half'],
    rows: [...costs].map(([what, all]) => {
      const sorted = all.toSorted((a, b) => a - b);
      return [what, median(all).toFixed(2), `${sorted[ROUNDS >> 2]?.toFixed(2)}-${sorted[(ROUNDS * 3) >> 2]?.toFixed(2)}`];
    }),
    limits: [
      {
        what: 'until the first child, against an empty program',
        measured: child / median(of('an empty program of QuickJS (qjs -e 0)')),
        most: MOST_UNTIL_CHILD,
      },
    ],
  };
}

/** Milliseconds of one start, with the fork of the shell that starts it. */
function cpuOf(argv: readonly string[], enter: readonly string[], folder: string): number {
  const script = `PATH=${folder}; TIMEFORMAT='%3U %3S'; { time for i in {1..${STARTS}}; do "$@" >/dev/null 2>&1; done; } 2>&1; true`;
  const [program = '', ...args] = [...enter, 'bash', '-c', script, 'bash', ...argv];
  const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
  const [user = Number.NaN, system = Number.NaN] = (stdout.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return ((user + system) * 1000) / STARTS;
}

/** The programs that a run counts in its summary, and what it and they read: by the kernel's account of a process and those it has waited for. */
function children(): Table {
  const runs = { cold: DEFAULT_POD, 'nothing to change': DEFAULT_POD, clean: ['--cleanup-only'] } as const;
  const rows = inNamespace((enter) =>
    Object.entries(runs).map(([what, args]) => {
      const script = '"$@" 2>&1 >/dev/null; grep rchar /proc/$$/io';
      const [program = '', ...rest] = [...enter, 'bash', '-c', script, 'bash', STATIC, ...args];
      const { stdout } = spawnSync(program, rest, { encoding: 'utf8' });
      return [what, /(\d+) commands/.exec(stdout)?.[1] ?? '', (Number(/rchar: (\d+)/.exec(stdout)?.[1]) / 1000).toFixed(0)];
    }),
  );
  return { title: 'Programs that the static drop-in starts, and what is read', head: ['', 'programs', 'kB read'], rows, limits: [] };
}
