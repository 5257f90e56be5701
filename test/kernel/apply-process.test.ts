/** Apply and clean as processes: the namespace that they are told to work in, their exit codes, their result as JSON, and two at once. */

import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { rulesAndRouting } from './saves.ts';
import type { Run } from './starting.ts';
import { newFile, pathBehind, run, start } from './starting.ts';
import { byHand } from './steps-by-hand.ts';

const APPLY = ['istio-init', 'apply', '--here', '--before-proxy'] as const;
const CLEAN = ['istio-init', 'clean', '--here'] as const;
const TPROXY = ['--set', 'mode=TPROXY'];

/** Runs from another namespace: these name their target. */
async function outside(args: readonly string[]): Promise<Run> {
  return inNamespace((other) => run(other, ['istio-init', ...args]));
}

describeKernel('apply and clean', () => {
  it('find the same namespace whether it is named by --here, --pid or --netns', async () => {
    await inNamespace(async (namespace) => {
      const sleeper = execa('ip', ['netns', 'exec', namespace.name, 'sleep', '60'], { reject: false });
      try {
        const inside = async (): Promise<string> => (await execa('ip', ['netns', 'pids', namespace.name])).stdout;
        await expect.poll(inside, { timeout: 20_000 }).toMatch(new RegExp(`^${sleeper.pid}$`, 'm'));
        const targets = [
          ['--netns', `/run/netns/${namespace.name}`],
          ['--pid', `${sleeper.pid}`],
        ];
        const told: string[] = [];
        for (const target of targets) {
          const { exitCode, stdout, stderr } = await outside(['apply', ...target]);
          expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
          told.push(stderr);
        }
        told.push((await run(namespace, APPLY)).stderr);
        expect(told).toEqual([
          expect.stringMatching(/: applied and verified; the network namespace \/run\/netns\/.*, nft, 18 IPv4/),
          expect.stringMatching(/: already there, nothing changed; the network namespace of process \d+, nft, 18 IPv4/),
          expect.stringMatching(/: already there, nothing changed; this network namespace, nft, 18 IPv4/),
        ]);
        for (const target of targets) expect(await outside(['clean', ...target])).toMatchObject({ exitCode: 0, stdout: '' });
        expect(await rulesAndRouting(namespace, 'nft')).not.toContain('ISTIO');
      } finally {
        sleeper.kill();
        await sleeper;
      }
    });
  });
});

/** Where a value is, by its keys; what an array holds is shown once. */
function shapeOf(value: unknown, path = ''): readonly string[] {
  if (Array.isArray(value)) return value.length === 0 ? [`${path}[]`] : [...new Set(value.flatMap((item) => shapeOf(item, `${path}[]`)))];
  if (value === null || typeof value !== 'object') return [path];
  return Object.entries(value).flatMap(([key, item]) => shapeOf(item, path === '' ? key : `${path}.${key}`));
}

describeKernel('the result as JSON', () => {
  const document = (found: Run): unknown => JSON.parse(found.stdout);

  it('has the same shape after a run that did its work, one that did nothing, and a clean', async () => {
    await inNamespace(async (namespace) => {
      const applied = document(await run(namespace, [...APPLY, '-o', 'json']));
      expect(applied).toMatchObject({
        apiVersion: 'istio-init/v1',
        kind: 'ApplyResult',
        outcome: 'applied',
        state: 'as wanted',
        release: '1.30.3',
        backend: 'nft',
        attempts: 2,
      });
      expect(shapeOf(applied)).toMatchInlineSnapshot(`
        [
          "apiVersion",
          "kind",
          "outcome",
          "state",
          "target",
          "release",
          "backend",
          "failures[]",
          "needed[]",
          "kept[]",
          "warnings[]",
          "attempts",
          "processes",
          "steps[]",
          "tried[].kind",
          "tried[].family",
          "tried[].argv[]",
          "tried[].text",
          "tried[].done",
          "tried[].attempt",
          "tried[].back",
        ]
      `);
      expect(shapeOf(document(await run(namespace, [...APPLY, '-o', 'json'])))).toMatchInlineSnapshot(`
        [
          "apiVersion",
          "kind",
          "outcome",
          "state",
          "target",
          "release",
          "backend",
          "failures[]",
          "needed[]",
          "kept[]",
          "warnings[]",
          "attempts",
          "processes",
          "steps[]",
          "tried[]",
        ]
      `);
      expect(shapeOf(document(await run(namespace, [...CLEAN, '-o', 'json'])))).toMatchInlineSnapshot(`
        [
          "apiVersion",
          "kind",
          "outcome",
          "state",
          "target",
          "backend",
          "failures[]",
          "needed[]",
          "kept[]",
          "warnings[]",
          "attempts",
          "processes",
          "steps[]",
          "tried[].kind",
          "tried[].family",
          "tried[].argv[]",
          "tried[].text",
          "tried[].done",
          "tried[].attempt",
          "tried[].back",
        ]
      `);
    });
  });

  it('of a failure says what was tried, what happened, what state is left and what to do, and exits with 1', async () => {
    const path = pathBehind({
      'iptables-nft-restore': `sed 's/^-A ISTIO_REDIRECT .*/-A ISTIO_REDIRECT -p tcp -j TPROXY --on-port 1/' | /usr/sbin/iptables-nft-restore "$@"`,
    });
    await inNamespace(async (namespace) => {
      const found = await run(namespace, [...APPLY, ...TPROXY, '-o', 'json'], { path });
      expect(found.exitCode).toBe(1);
      expect(document(found)).toMatchObject({
        outcome: 'failed',
        state: 'as before',
        needed: [],
        failures: [{ cause: 'refused', family: 'ip', table: 'nat' }],
      });
      expect(shapeOf(document(found))).toMatchInlineSnapshot(`
        [
          "apiVersion",
          "kind",
          "outcome",
          "state",
          "target",
          "release",
          "backend",
          "failures[].cause",
          "failures[].text",
          "failures[].fix",
          "failures[].command",
          "failures[].exitCode",
          "failures[].said",
          "failures[].family",
          "failures[].table",
          "failures[].rule",
          "needed[]",
          "kept[]",
          "warnings[]",
          "attempts",
          "processes",
          "steps[].kind",
          "steps[].family",
          "steps[].argv[]",
          "steps[].text",
          "tried[].kind",
          "tried[].family",
          "tried[].argv[]",
          "tried[].text",
          "tried[].done",
          "tried[].attempt",
          "tried[].back",
        ]
      `);
    });
  });
});

describeKernel('a failure that can not be put back', () => {
  it.each(['nft', 'legacy'])('exits with 3 on %s and prints the input that is still needed, which then works by hand', async (backend) => {
    const flag = newFile();
    const restore = `iptables-${backend}-restore`;
    const spoilt = `sed 's/^-A ISTIO_REDIRECT .*/-A ISTIO_REDIRECT -p tcp -j TPROXY --on-port 1/' | /usr/sbin/${restore} "$@"`;
    const path = pathBehind({ [restore]: `[ -e ${flag} ] && exit 1; touch ${flag}; ${spoilt}` });
    await inNamespace(async (namespace) => {
      await run(namespace, [...APPLY, '--backend', backend, '--set', 'outbound.excludePorts=9999']);
      const before = await rulesAndRouting(namespace, backend);
      const found = await run(namespace, [...APPLY, ...TPROXY, '--backend', backend], { path });
      expect(existsSync(flag)).toBe(true);
      expect(found).toMatchObject({
        exitCode: 3,
        stdout: '',
        stderr: expect.stringMatching(/failed, and the state is mixed[^]*still needed, to get back to what was there:\n# /),
      });
      expect(found.stderr).not.toMatch(/^\s+at /m);
      expect(await rulesAndRouting(namespace, backend)).not.toBe(before);
      await byHand(namespace, found.stderr.slice(found.stderr.indexOf('still needed')));
      expect(await rulesAndRouting(namespace, backend)).toBe(before);
    });
  });
});

describeKernel('two runs at once', () => {
  it('of apply and the drop-in wait for each other, and only one of them changes something', async () => {
    await inNamespace(async (namespace) => {
      const args = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*', '-d', '15090,15021,15020'];
      const runs = [start(namespace, APPLY), start(namespace, ['istio-iptables', ...args])];
      const found = await Promise.all(runs.map(({ ended }) => ended));
      expect(found.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
      expect(found.filter(({ stderr }) => stderr.includes('applied and verified'))).toHaveLength(1);
      expect(found.filter(({ stderr }) => stderr.includes('already there'))).toHaveLength(1);
      expect((await namespace.run('iptables-nft-save | grep -c -- "-A OUTPUT -j ISTIO_OUTPUT"')).stdout).toBe('1\n');
    });
  });
});
