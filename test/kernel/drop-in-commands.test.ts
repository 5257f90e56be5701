import { expect, it } from 'vitest';
import { SHELL_BIN } from '../cli/program.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { rulesAndRouting } from './saves.ts';
import { everything, startingFrom } from './starting.ts';
import { byHand, stepsOf } from './steps-by-hand.ts';

const { run } = startingFrom(SHELL_BIN);

const APPLY = ['istio-init', 'apply', '--here', '--before-proxy'] as const;
const CLEAN = ['istio-init', 'clean', '--here'] as const;
const TPROXY = ['--set', 'mode=TPROXY'];
const BACKENDS = ['nft', 'legacy'] as const;

describeKernel('apply and clean', () => {
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
