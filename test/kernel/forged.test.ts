/** What a text of iptables can be made to say, compared with what the kernel holds. */

import { expect, it } from 'vitest';
import { applyPlan } from '../../src/host/kernel/apply.ts';
import { identify } from '../../src/istio/found/identify.ts';
import { planFromSettings } from '../../src/istio/kubernetes/plan-from-settings.ts';
import { printSave } from '../../src/netfilter/print.ts';
import { isDoubt } from '../../src/netfilter/unseen.ts';
import { quoteForShell } from '../../src/netfilter/words.ts';
import type { SourceOptions } from '../../src/sources/options.ts';
import { readSource } from '../../src/sources/read-source.ts';
import { run } from '../cli/program.ts';
import type { Namespace } from './namespace.ts';
import { inNamespace } from './namespace.ts';
import { unlockedIn } from './programs-in.ts';
import { describeKernel } from './requirements.ts';

const NONE: SourceOptions = { sets: [], env: [], addresses: [], nameservers: [] };
const PLAN = planFromSettings({});
const LINES = printSave(PLAN.ip)
  .split('\n')
  .filter((line) => /^(?::ISTIO|-A)/.test(line));

/** Commands for table nat, one after the other. */
async function inNat({ run }: Namespace, program: string, ...commands: readonly (readonly string[])[]): Promise<void> {
  const lines = commands.map((words) => `${program} -t nat ${words.map(quoteForShell).join(' ')}\n`);
  expect(await run(`set -e\n${lines.join('')}`)).toMatchObject({ exitCode: 0 });
}

async function jumps(namespace: Namespace): Promise<number> {
  const { stdout } = await namespace.run('nft list chain ip nat OUTPUT 2>/dev/null');
  return stdout.split('jump ISTIO_OUTPUT').length - 1;
}

describeKernel('rules that a text only seems to have', () => {
  it('stand in comments with line breaks: none of them counts, check says that somebody tried, and apply makes the real ones', async () => {
    await inNamespace(async (namespace) => {
      const { name } = namespace;
      const forged = LINES.map((line) => ['-A', 'CNI-X', '-m', 'comment', '--comment', `\n${line}\n`, '-j', 'RETURN']);
      await inNat(namespace, 'iptables-nft', ['-N', 'CNI-X'], ...forged);
      const source = `netns:/run/netns/${name}`;
      expect(identify((await readSource(source, NONE)).seen).outcome).toBe('none');
      const { stdout, exitCode } = await run(['check', source]);
      expect(stdout).toContain(`comments of ${LINES.length} rules look like rules`);
      expect(exitCode).toBe(1);
      expect(await applyPlan({ kind: 'netns', path: `/run/netns/${name}` }, PLAN, {}, unlockedIn(namespace))).toMatchObject({
        outcome: 'applied',
      });
      expect(await jumps(namespace)).toBe(1);
    });
  });

  it.each([
    ['the name of a list of recent', ['-m', 'recent', '--set', '--name', 'x\n-A OUTPUT -j ISTIO_OUTPUT\n-A OUTPUT']],
    ['the name of an interface', ['-i', 'a\n-A OUTPUT', '-p', 'tcp']],
  ])('stand in %s: nothing of the two chains is certain, and apply does not take them for its own', async (_, match) => {
    await inNamespace(async (namespace) => {
      const { name } = namespace;
      const target = { kind: 'netns', path: `/run/netns/${name}` } as const;
      expect(await applyPlan(target, PLAN, {}, unlockedIn(namespace))).toMatchObject({ outcome: 'applied' });
      await inNat(
        namespace,
        'iptables-nft',
        ['-D', 'OUTPUT', '-j', 'ISTIO_OUTPUT'],
        ['-N', 'CNI-X'],
        ['-A', 'CNI-X', ...match, '-j', 'ISTIO_OUTPUT'],
      );
      const { seen } = await readSource(`netns:/run/netns/${name}`, NONE);
      expect(seen.unseen.filter(isDoubt).map(({ chain }) => chain)).toContain('OUTPUT');
      expect(identify(seen).outcome).toBe('unknown');
      expect(await run(['check', `netns:/run/netns/${name}`])).toMatchObject({ exitCode: 2 });
      const result = await applyPlan(target, PLAN, {}, unlockedIn(namespace));
      expect(result).toMatchObject({ outcome: 'failed', failures: [{ cause: 'not-verified' }] });
      expect(await jumps(namespace)).toBe(0);
    });
  });

  // The last two rules end as what iptables-legacy-save prints behind a name, so that every line of the text can be read.
  it.each([
    ['a jump that is not there', ['-m', 'recent', '--set', '--name', 'x\n-A OUTPUT -j ISTIO_OUTPUT\n-A OUTPUT']],
    [
      'a jump behind which the rest is a rule',
      ['-m', 'recent', '--set', '--name', 'x\n-A OUTPUT -j ISTIO_OUTPUT\n-A CNI-X -m recent --set --name y'],
    ],
    [
      'a rule of the proxy',
      ['-m', 'recent', '--set', '--name', 'x\n-A ISTIO_REDIRECT -p tcp -j RETURN\n-A CNI-X -m recent --set --name y'],
    ],
  ])(
    'in legacy, %s: the chain that has fewer rules than the text is not read, and apply does not take it for its own',
    async (_, match) => {
      await inNamespace(async (namespace) => {
        const { name } = namespace;
        const target = { kind: 'netns', path: `/run/netns/${name}` } as const;
        expect(await applyPlan(target, PLAN, { backend: 'legacy' }, unlockedIn(namespace))).toMatchObject({ outcome: 'applied' });
        await inNat(
          namespace,
          'iptables-legacy -w',
          ['-D', 'OUTPUT', '-j', 'ISTIO_OUTPUT'],
          ['-N', 'CNI-X'],
          ['-A', 'CNI-X', ...match, '-j', 'RETURN'],
        );
        const source = `netns:/run/netns/${name}`;
        const { seen } = await readSource(source, NONE);
        const chain = /-A ((?:OUT|ISTIO)\w+)/.exec(match.join(' '))?.[1];
        expect(seen.unseen.filter(isDoubt)).toContainEqual(expect.objectContaining({ family: 'ip', table: 'nat', chain }));
        expect(identify(seen).outcome).toBe('unknown');
        expect(await run(['check', source])).toMatchObject({ exitCode: 2 });
        expect(await applyPlan(target, PLAN, {}, unlockedIn(namespace))).toMatchObject({
          outcome: 'failed',
          failures: [{ cause: 'not-verified' }],
        });
      });
    },
  );

  it('in legacy, every rule of Istio agrees with the second look, in every table, and so do those of a busy node', async () => {
    await inNamespace(async (namespace) => {
      const { name } = namespace;
      const everything = planFromSettings({
        sets: ['mode=TPROXY', 'dns.capture=all', 'dropInvalid=true', 'outbound.excludePorts=9042', 'interfaces.exclude=eth1'],
      });
      const target = { kind: 'netns', path: `/run/netns/${name}` } as const;
      expect(await applyPlan(target, everything, { backend: 'legacy' }, unlockedIn(namespace))).toMatchObject({ outcome: 'applied' });
      await namespace.run(`
        iptables-legacy -t nat -N DOCKER; iptables-legacy -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
        iptables-legacy -t nat -A DOCKER -m comment --comment "a
-A OUTPUT -j ACCEPT
b" -j RETURN
        iptables-legacy -A INPUT -m recent --set --name ssh --rsource; iptables-legacy -A INPUT -m limit --limit 5/min -j LOG --log-prefix 'x "y" '`);
      expect((await readSource(`netns:/run/netns/${name}`, NONE)).seen.unseen).toEqual([]);
      expect(await applyPlan(target, everything, {}, unlockedIn(namespace))).toMatchObject({ outcome: 'unchanged' });
    });
  });

  it('ask a set of nft, which iptables-nft-save leaves out: the jump that it shows is not ours, and ours is made', async () => {
    await inNamespace(async (namespace) => {
      const { name } = namespace;
      const target = { kind: 'netns', path: `/run/netns/${name}` } as const;
      expect(await applyPlan(target, PLAN, {}, unlockedIn(namespace))).toMatchObject({ outcome: 'applied' });
      await namespace.run(
        `nft 'add set ip nat S { type ipv4_addr; }'; nft flush chain ip nat OUTPUT; nft 'add rule ip nat OUTPUT ip daddr @S counter jump ISTIO_OUTPUT'`,
      );
      const { seen } = await readSource(`netns:/run/netns/${name}`, NONE);
      expect(seen.unseen).toEqual([expect.objectContaining({ family: 'ip', table: 'nat', chain: 'OUTPUT' })]);
      expect(identify(seen).outcome).toBe('unknown');
      expect(await applyPlan(target, PLAN, {}, unlockedIn(namespace))).toMatchObject({ outcome: 'applied' });
      expect(await jumps(namespace)).toBe(2);
      expect(await applyPlan(target, PLAN, {}, unlockedIn(namespace))).toMatchObject({ outcome: 'unchanged' });
    });
  });

  it('a rule of Istio that can be read as well as any agrees with what nft shows, in every table and both families', async () => {
    await inNamespace(async (namespace) => {
      const { name } = namespace;
      const everything = planFromSettings({
        sets: ['mode=TPROXY', 'dns.capture=all', 'dropInvalid=true', 'outbound.excludePorts=9042', 'interfaces.exclude=eth1'],
      });
      const both = { ...everything, ip6: { ...everything.ip, family: 'ip6' as const, tables: [] } };
      expect(await applyPlan({ kind: 'netns', path: `/run/netns/${name}` }, both, {}, unlockedIn(namespace))).toMatchObject({
        outcome: 'applied',
      });
      expect((await readSource(`netns:/run/netns/${name}`, NONE)).seen.unseen).toEqual([]);
    });
  });
});
