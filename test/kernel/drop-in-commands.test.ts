import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { rulesAndRouting } from './saves.ts';
import type { Run } from './starting.ts';
import { everything, pathBehind, run, start } from './starting.ts';

const APPLY = ['istio-init', 'apply', '--here', '--before-proxy'] as const;
const CLEAN = ['istio-init', 'clean', '--here'] as const;
const TPROXY = ['--set', 'mode=TPROXY'];
const BACKENDS = ['nft', 'legacy'] as const;

/** The programs and their inputs that a text shows: a line `# program arguments`, then the input. */
function stepsOf(text: string): readonly { readonly argv: readonly string[]; readonly input: string }[] {
  return text
    .split(/^(?=# (?:ip|ip6tables|iptables|nft)\b)/m)
    .filter((part) => part.startsWith('# '))
    .map((part) => {
      const [head = '', ...input] = part.split('\n');
      return { argv: head.slice(2).split(' '), input: input.join('\n') };
    });
}

async function byHand({ name }: Namespace, text: string): Promise<void> {
  for (const { argv, input } of stepsOf(text)) await execa('ip', ['netns', 'exec', name, ...argv], { input });
}

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

  it.each(BACKENDS)('put the rules into %s, and take them out of it, when told to', async (backend) => {
    await inNamespace(async (namespace) => {
      const before = await rulesAndRouting(namespace, backend);
      expect(await run(namespace, [...APPLY, '--backend', backend])).toMatchObject({ exitCode: 0 });
      expect(await rulesAndRouting(namespace, backend)).toContain('-A ISTIO_OUTPUT -j ISTIO_REDIRECT\n');
      expect(await rulesAndRouting(namespace, backend === 'nft' ? 'legacy' : 'nft')).not.toContain('ISTIO');
      expect(await run(namespace, [...CLEAN, '--backend', backend])).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('removed and verified'),
      });
      expect(await rulesAndRouting(namespace, backend)).toBe(before);
      expect(await run(namespace, CLEAN)).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('nothing of Istio to remove, nothing changed; this network namespace'),
      });
    });
  });

  it.each(BACKENDS)(
    'keep the rules of others, their text and order, on %s, and clean says which chain it left for them',
    async (backend) => {
      const foreign = `*nat
:OTHERS - [0:0]
-A PREROUTING -p tcp -m tcp --dport 8080 -j OTHERS
-A OUTPUT -d 10.9.9.9/32 -p tcp -m comment --comment "not ours" -j DNAT --to-destination 10.8.8.8:80
-A OTHERS -j RETURN
COMMIT
*mangle
-A OUTPUT -p udp -j MARK --set-xmark 0x7/0xffffffff
COMMIT
`;
      await inNamespace(async (namespace) => {
        await namespace.run(feed(`iptables-${backend}-restore`, foreign));
        const before = await rulesAndRouting(namespace, backend);
        const lines = before.split('\n').filter((line) => line.startsWith('-A'));
        expect(await run(namespace, [...APPLY, ...TPROXY, '--backend', backend])).toMatchObject({ exitCode: 0 });
        expect((await rulesAndRouting(namespace, backend)).split('\n').filter((line) => lines.includes(line))).toEqual(lines);
        expect(await run(namespace, CLEAN)).toMatchObject({ exitCode: 0 });
        expect(await rulesAndRouting(namespace, backend)).toBe(before);

        await run(namespace, [...APPLY, '--backend', backend]);
        await namespace.run(`iptables-${backend} -t nat -A OTHERS -j ISTIO_REDIRECT`);
        const { exitCode, stderr } = await run(namespace, CLEAN);
        expect(exitCode).toBe(0);
        expect(stderr).toMatch(
          /warning: chain ISTIO_REDIRECT of nat stays, empty, for rules of others lead there: -A \S+ .*-j ISTIO_REDIRECT$/m,
        );
        expect(await rulesAndRouting(namespace, backend)).toContain(':ISTIO_REDIRECT -\n');
        expect(await rulesAndRouting(namespace, backend)).not.toContain('-A ISTIO_REDIRECT');
      });
    },
  );

  it('are refused where a node seems to be, unless --host is given', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run('iptables-nft -t nat -N KUBE-SERVICES');
      const before = await everything(namespace);
      for (const command of [APPLY, CLEAN]) {
        const found = await run(namespace, command);
        expect(found).toMatchObject({
          exitCode: 1,
          stdout: '',
          stderr: expect.stringMatching(/refused, nothing touched[^]*looks like a node[^]*--host/),
        });
      }
      expect(await everything(namespace)).toBe(before);
      expect(await run(namespace, [...APPLY, '--host'])).toMatchObject({ exitCode: 0 });
    });
  });
});

describeKernel('apply where other rules of Istio are', () => {
  it('repairs them, fails or reports as --on-drift says; the latter two exit with 1 and touch nothing', async () => {
    await inNamespace(async (namespace) => {
      for (const word of ['fail', 'report'])
        expect(await run(namespace, [...APPLY, '--dry-run', '--on-drift', word])).toMatchObject({ exitCode: 0 });
      await run(namespace, APPLY);
      for (const word of ['fail', 'report', 'reconcile'])
        expect(await run(namespace, [...APPLY, '--on-drift', word])).toMatchObject({ exitCode: 0 });
      await namespace.run('iptables-nft -t nat -D ISTIO_OUTPUT 1');
      const before = await everything(namespace);
      const failed = await run(namespace, [...APPLY, '--on-drift', 'fail']);
      expect(failed).toMatchObject({
        exitCode: 1,
        stdout: '',
        stderr: expect.stringMatching(/refused, nothing touched[^]*differ[^]*--on-drift reconcile/),
      });
      const reported = await run(namespace, [...APPLY, '--on-drift', 'report']);
      expect(reported).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('other rules of Istio are there; nothing touched') });
      expect(await everything(namespace)).toBe(before);
      await byHand(namespace, reported.stdout);
      expect(await run(namespace, [...APPLY, '--on-drift', 'fail'])).toMatchObject({
        exitCode: 0,
        stderr: expect.stringContaining('already there'),
      });
      await namespace.run('iptables-nft -t nat -D ISTIO_OUTPUT 1');
      expect(await run(namespace, APPLY)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('applied and verified') });
    });
  });
});

describeKernel('a dry run of apply and clean', () => {
  it.each(BACKENDS)('prints the real transaction against the live state of %s and touches nothing', async (backend) => {
    await inNamespace(async (namespace) => {
      await run(namespace, [...APPLY, ...TPROXY, '--backend', backend]);
      for (const [command, done] of [
        [[...APPLY, '--set', 'outbound.excludePorts=9999'], 'applied'],
        [CLEAN, 'removed'],
      ] as const) {
        const before = await everything(namespace);
        const dry = await run(namespace, [...command, '--dry-run'] as [string, ...string[]]);
        expect(dry).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('dry run, nothing touched') });
        expect(await everything(namespace)).toBe(before);
        expect(stepsOf(dry.stdout).map(({ argv }) => argv.slice(0, 2).join(' '))).toContain(`iptables-${backend}-restore --noflush`);
        const json = await run(namespace, [...command, '--dry-run', '-o', 'json'] as [string, ...string[]]);
        const { outcome, steps, tried } = JSON.parse(json.stdout) as {
          outcome: string;
          steps: { argv: string[]; text: string }[];
          tried: unknown[];
        };
        expect({ outcome, tried }).toEqual({ outcome: 'planned', tried: [] });
        expect(stepsOf(dry.stdout)).toEqual(steps.map(({ argv, text }) => ({ argv, input: text })));
        await byHand(namespace, dry.stdout);
        expect(await run(namespace, command as unknown as [string, ...string[]]), done).toMatchObject({
          exitCode: 0,
          stderr: expect.stringContaining(done === 'removed' ? 'nothing of Istio to remove' : 'already there'),
        });
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
  it.each(BACKENDS)('exits with 3 on %s and prints the input that is still needed, which then works by hand', async (backend) => {
    const flag = join(mkdtempSync(join(tmpdir(), 'istio-init-flag-')), 'failed');
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
