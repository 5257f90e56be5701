/** The process that tests of the command line keep: whatever ran in it before, the next run leaves what a process of its own does. */

import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { runKept } from './kept.ts';
import { PROGRAM, ROOT, runAlone, scratchFolder } from './program.ts';

const RUNS: readonly (readonly string[])[] = [
  ['preview'],
  ['--help'],
  ['help', 'trace'],
  ['lint', '-f', 'docs/examples/bookinfo.yaml', '-o', 'json'],
  ['check', 'golden/captures/2021-01-default.list.txt'],
  ['check', '-'],
  ['diff', '@1.12', '@1.28'],
  ['why', 'docs/examples/bookinfo.yaml', '--workload', 'ratings-v1', '10.0.0.5:3306', '--color', 'always'],
  ['explain', '-f', 'nowhere.yaml'],
  ['trace', 'docs/examples/bookinfo.yaml', '--workload'],
  ['identify', 'golden/captures/2024-10-default.list.txt', '-o', 'yaml'],
  ['complete-nothing'],
  ['version'],
];

const FEW = RUNS.slice(0, 4);

describe('a process that is kept', () => {
  const folder = scratchFolder();
  afterAll(() => folder.remove());
  const kept = (args: readonly string[], cwd = ROOT, timeout = 30_000): ReturnType<typeof runKept> => runKept(PROGRAM, args, cwd, timeout);

  it('runs the program as a process of its own does, after itself as after any other', async () => {
    for (const args of RUNS) {
      const alone = await runAlone(args);
      expect([args, await kept(args)]).toEqual([args, alone]);
      expect([args, await kept(args)]).toEqual([args, alone]);
    }
  });

  it('runs several at once, each with what it says itself', async () => {
    const found = await Promise.all(FEW.map((args) => kept(args)));
    expect(found).toEqual(await Promise.all(FEW.map((args) => runAlone(args))));
  });

  it('has the folder and the environment of each run', async () => {
    folder.write('settings.yaml', 'apiVersion: istio-init/v1\nkind: SidecarCapture\nspec: {mode: TPROXY}\n');
    const args = ['preview', '-f', 'settings.yaml'];
    expect(await kept(args, folder.path)).toEqual(await runAlone(args, { cwd: folder.path }));
    expect((await kept(args)).exitCode).toBe(2);
    process.env['FORCE_COLOR'] = '1';
    try {
      expect(await kept(['--help'])).toEqual(await runAlone(['--help']));
    } finally {
      delete process.env['FORCE_COLOR'];
    }
    expect(await kept(['--help'])).toEqual(await runAlone(['--help']));
  });

  it('is ended at its deadline, and the next run takes another', async () => {
    // Nobody ever writes to it.
    const pipe = join(folder.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect((await kept(['preview', pipe], ROOT, 50)).exitCode).toBeUndefined();
    await pause(10);
    expect(await kept(['version'])).toEqual(await runAlone(['version']));
  });
});
