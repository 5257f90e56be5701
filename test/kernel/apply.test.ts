import { expect, it } from 'vitest';
import { applyPlan, clean } from '../../src/host/kernel/apply.ts';
import type { ApplyResult } from '../../src/host/kernel/result.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import { printRestore, printSave } from '../../src/netfilter/print.ts';
import { DEFAULT_POD } from '../default-pod.ts';
import { DISTINCT_PLANS } from '../golden-plans.ts';
import { applyIn } from './applying.ts';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';
import { unlockedIn } from './programs-in.ts';
import { describeKernel } from './requirements.ts';
import { rulesAndRouting } from './saves.ts';
import { played, rounds } from './trials.ts';

const TPROXY = DEFAULT_POD.map((argument) => (argument === 'REDIRECT' ? 'TPROXY' : argument));
const DNS = { env: { ISTIO_META_DNS_CAPTURE: 'true' }, nameservers: ['10.96.0.10'] };
const DUAL = { addresses: ['10.0.0.2', 'fd00::2'], env: { ISTIO_DUAL_STACK: 'true' } };

const PLANS: readonly { readonly name: string; readonly plan: CapturePlan }[] = [
  { name: 'a default pod', plan: planFromArguments(DEFAULT_POD) },
  { name: 'TPROXY', plan: planFromArguments(TPROXY) },
  { name: 'DNS capture and drop-invalid', plan: planFromArguments(DEFAULT_POD, { ...DNS, env: { ...DNS.env, INVALID_DROP: 'true' } }) },
  { name: 'dual stack', plan: planFromArguments(DEFAULT_POD, DUAL) },
  { name: 'dual stack with TPROXY', plan: planFromArguments(TPROXY, DUAL) },
];

function target({ name }: Namespace): { readonly kind: 'netns'; readonly path: string } {
  return { kind: 'netns', path: `/run/netns/${name}` };
}

async function apply(namespace: Namespace, plan: CapturePlan, options: Parameters<typeof applyPlan>[2] = {}): Promise<ApplyResult> {
  return applyPlan(target(namespace), plan, options, unlockedIn(namespace));
}

/** Of lo's addresses ours alone. */
const shown = (namespace: Namespace, backend: string): Promise<string> => rulesAndRouting(namespace, backend, "grep ' ::6/'");

/** Everything, handles and generation of nft included: equal texts mean that nothing was even rewritten. */
async function everything({ run }: Namespace): Promise<string> {
  const script = `for b in nft legacy; do iptables-$b-save; ip6tables-$b-save; done | grep -v '^#'; nft -j -a list ruleset; ip rule; ip -6 rule; ip route show table all; ip -6 addr`;
  return (await run(script)).stdout;
}

function summary({ outcome, state, backend, failures }: ApplyResult): Readonly<Record<string, unknown>> {
  return { outcome, state, backend, failures: failures.map(({ cause, message }) => ({ cause, said: message })) };
}

describeKernel.each(['nft', 'legacy'] as const)('with iptables-%s', (backend) => {
  const well = (outcome: string): object => ({ outcome, state: 'as wanted', backend, failures: [] });

  it.each(PLANS)(
    '$name: the first run makes the rules and the routing of the plan, the second changes nothing, clean leaves nothing',
    async ({ plan }) => {
      await inNamespace(async (namespace) => {
        const empty = await shown(namespace, backend);
        expect(summary(await apply(namespace, plan, { backend }))).toEqual(well('applied'));
        const there = await shown(namespace, backend);
        expect(there.startsWith(`${printSave(plan.ip)}ip6:\n${printSave(plan.ip6)}routing:\n`)).toBe(true);
        const marks = plan.routing.rules.map(({ mark, table }) => `fwmark 0x${mark.toString(16)} lookup ${table}`);
        expect(there.match(/fwmark .*/g) ?? []).toEqual(marks);
        expect(there.match(/^local default dev lo/gm) ?? []).toHaveLength(plan.routing.routes.length);
        expect(there.match(/inet6 ::6\/128/g) ?? []).toHaveLength(plan.routing.addresses.length);
        const before = await everything(namespace);
        expect(summary(await apply(namespace, plan))).toEqual(well('unchanged'));
        expect(await everything(namespace)).toBe(before);
        expect(summary(await clean(target(namespace), {}, unlockedIn(namespace)))).toEqual({ ...well('cleaned') });
        expect(await shown(namespace, backend)).toBe(empty);
        expect(summary(await clean(target(namespace), {}, unlockedIn(namespace)))).toMatchObject({
          outcome: 'unchanged',
          state: 'as wanted',
        });
      });
    },
  );

  const FOREIGN = `*nat
:FOREIGN - [0:0]
-A PREROUTING -p tcp -m tcp --dport 8080 -j FOREIGN
-A OUTPUT -d 10.9.9.9/32 -p tcp -m tcp --dport 80 -m comment --comment "not ours" -j DNAT --to-destination 10.8.8.8:80
-A FOREIGN -j RETURN
COMMIT
*filter
-A INPUT -s 192.0.2.1/32 -j DROP
COMMIT
*mangle
-A OUTPUT -p udp -j MARK --set-xmark 0x7/0xffffffff
COMMIT
`;

  it.each(PLANS)('$name: rules of others keep their text and order, and clean gives the namespace back as it was', async ({ plan }) => {
    await inNamespace(async (namespace) => {
      await namespace.run(feed(`iptables-${backend}-restore --noflush`, FOREIGN));
      const before = await shown(namespace, backend);
      const lines = before.split('\n').filter((line) => line.startsWith('-A'));
      expect(summary(await apply(namespace, plan, { backend }))).toEqual(well('applied'));
      const between = (await shown(namespace, backend)).split('\n');
      expect(between.filter((line) => lines.includes(line))).toEqual(lines);
      const stable = await everything(namespace);
      expect(summary(await apply(namespace, plan))).toEqual(well('unchanged'));
      expect(await everything(namespace)).toBe(stable);
      expect(summary(await clean(target(namespace), {}, unlockedIn(namespace)))).toEqual(well('cleaned'));
      expect(await shown(namespace, backend)).toBe(before);
    });
  });

  const iptables = `iptables-${backend}`;
  it.each([
    {
      drift: 'two rules swapped',
      script: `${iptables} -t nat -D ISTIO_OUTPUT 1; ${iptables} -t nat -A ISTIO_OUTPUT -s 127.0.0.6/32 -o lo -j RETURN`,
    },
    { drift: 'a jump doubled', script: `${iptables} -t nat -A OUTPUT -j ISTIO_OUTPUT` },
    { drift: 'a jump three times', script: `for i in 1 2; do ${iptables} -t mangle -I PREROUTING -p tcp -j ISTIO_INBOUND; done` },
    { drift: 'a rule missing', script: `${iptables} -t nat -D ISTIO_OUTPUT 3` },
    { drift: 'a jump missing', script: `${iptables} -t nat -D OUTPUT -j ISTIO_OUTPUT` },
    {
      drift: 'a chain too many',
      script: `${iptables} -t nat -N ISTIO_OUTPUT_DNS; ${iptables} -t nat -A ISTIO_OUTPUT_DNS -j RETURN; ${iptables} -t nat -A ISTIO_OUTPUT -j ISTIO_OUTPUT_DNS`,
    },
    {
      drift: 'all chains of a table emptied',
      script: `for c in ISTIO_TPROXY ISTIO_INBOUND ISTIO_DIVERT; do ${iptables} -t mangle -F $c; done`,
    },
    { drift: 'a policy rule doubled', script: 'ip rule add fwmark 1337 lookup 133' },
    { drift: 'a policy rule missing', script: 'ip rule del fwmark 1337' },
    { drift: 'the local route missing', script: 'ip route flush table 133' },
  ])('$drift: is repaired, and nothing else is touched', async ({ script }) => {
    const { plan } = PLANS[1] ?? { plan: planFromArguments(TPROXY) };
    await inNamespace(async (namespace) => {
      await namespace.run(feed(`iptables-${backend}-restore --noflush`, FOREIGN));
      await apply(namespace, plan, { backend });
      const wanted = await shown(namespace, backend);
      const { exitCode, stderr } = await namespace.run(`set -e\n${script}\n`);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      expect(summary(await apply(namespace, plan))).toEqual(well('applied'));
      expect((await shown(namespace, backend)).replace(/^\d+:/gm, '')).toBe(wanted.replace(/^\d+:/gm, ''));
      expect(summary(await apply(namespace, plan))).toEqual(well('unchanged'));
    });
  });

  it('a stale policy rule and ::6 go when no rule of ours tells of them any more', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(
        'ip rule add fwmark 1337 lookup 133; ip route add local default dev lo table 133; ip -6 addr add ::6/128 dev lo; ip -6 route add local default dev lo table 133; ip -6 rule add fwmark 1337 lookup 133',
      );
      const { plan } = PLANS[0] ?? { plan: planFromArguments(DEFAULT_POD) };
      expect(summary(await apply(namespace, plan, { backend }))).toEqual(well('applied'));
      const there = await shown(namespace, backend);
      expect(there).not.toMatch(/fwmark|local default|::6\//);
    });
  });

  it('a chain of ours that a rule of others jumps to stays, empty, and is named', async () => {
    await inNamespace(async (namespace) => {
      await apply(namespace, planFromArguments(TPROXY), { backend });
      await namespace.run(`${iptables} -t mangle -N OTHERS; ${iptables} -t mangle -A OTHERS -p tcp -j ISTIO_TPROXY`);
      const result = await apply(namespace, planFromArguments(DEFAULT_POD));
      expect(summary(result)).toEqual(well('applied'));
      expect(result.kept.map(({ table, chain, by }) => `${table} ${chain} ${by.length}`)).toEqual(['mangle ISTIO_TPROXY 1']);
      const { stdout } = await namespace.run(`${iptables}-save -t mangle | grep TPROXY`);
      expect(stdout).toBe(':ISTIO_TPROXY - [0:0]\n-A OTHERS -p tcp -j ISTIO_TPROXY\n');
      expect(summary(await apply(namespace, planFromArguments(DEFAULT_POD)))).toEqual(well('unchanged'));
      expect((await clean(target(namespace), {}, unlockedIn(namespace))).kept).toHaveLength(1);
    });
  });

  it('ten thousand rules of others are left in order, and a second run changes nothing', async () => {
    const lines = Array.from(
      { length: 10_000 },
      (_, at) => `-A OUTPUT -d 10.${at >> 8}.${at & 255}.1/32 -p tcp -m tcp --dport 80 -j ACCEPT`,
    );
    await inNamespace(async (namespace) => {
      await namespace.run(feed(`${iptables}-restore --noflush`, ['*nat', ...lines, 'COMMIT', ''].join('\n')));
      const plan = planFromArguments(DEFAULT_POD);
      expect(summary(await apply(namespace, plan, { backend }))).toEqual(well('applied'));
      expect(summary(await apply(namespace, plan))).toEqual(well('unchanged'));
      const { stdout } = await namespace.run(`${iptables}-save -t nat | grep -- '-A OUTPUT'`);
      expect(stdout).toBe(`${lines.join('\n')}\n-A OUTPUT -j ISTIO_OUTPUT\n`);
    });
  });

  it('drift is reported or refused where that is asked, with the steps that would repair it, and nothing is touched', async () => {
    await inNamespace(async (namespace) => {
      const plan = planFromArguments(DEFAULT_POD);
      expect(await apply(namespace, plan, { backend, onDrift: 'fail' })).toMatchObject({ outcome: 'applied' });
      expect(await apply(namespace, plan, { backend, onDrift: 'fail' })).toMatchObject({ outcome: 'unchanged' });
      await namespace.run(`${iptables} -t nat -F ISTIO_OUTPUT`);
      const before = await everything(namespace);
      for (const [onDrift, outcome] of [
        ['report', 'drifted'],
        ['fail', 'refused'],
      ] as const) {
        const result = await apply(namespace, plan, { onDrift });
        expect(result).toMatchObject({ outcome, state: 'as before', tried: [] });
        expect(result.steps.map(({ argv: [program] }) => program)).toEqual([`${iptables}-restore`]);
      }
      expect(await everything(namespace)).toBe(before);
    });
  });

  it('a dry run shows the input that a run then feeds, and touches nothing', async () => {
    await inNamespace(async (namespace) => {
      await apply(namespace, planFromArguments(DEFAULT_POD), { backend });
      const before = await everything(namespace);
      const dry = await apply(namespace, planFromArguments(TPROXY, DUAL), { dryRun: true });
      expect(dry).toMatchObject({ outcome: 'planned', state: 'as before', tried: [] });
      expect(await everything(namespace)).toBe(before);
      const wet = await apply(namespace, planFromArguments(TPROXY, DUAL));
      expect(wet.tried.map(({ argv, text }) => ({ argv, text }))).toEqual(dry.steps.map(({ argv, text }) => ({ argv, text })));
    });
  });

  it('a namespace with chains of kube-proxy is refused, unless it is said to be a node', async () => {
    await inNamespace(async (namespace) => {
      await namespace.run(`${iptables} -t nat -N KUBE-SERVICES`);
      const before = await everything(namespace);
      const result = await apply(namespace, planFromArguments(DEFAULT_POD));
      expect(result).toMatchObject({ outcome: 'refused', state: 'as before', failures: [{ cause: 'node' }] });
      expect(await clean(target(namespace), {}, unlockedIn(namespace))).toMatchObject({ outcome: 'refused' });
      expect(await everything(namespace)).toBe(before);
      expect(await apply(namespace, planFromArguments(DEFAULT_POD), { host: true })).toMatchObject({ outcome: 'applied' });
    });
  });

  it('over what other releases left, one run of the newest leaves exactly the newest', async () => {
    const newest = planFromArguments(DEFAULT_POD);
    const sample = played(
      DISTINCT_PLANS.filter((_, index) => index % 12 === 5),
      2,
    );
    expect(sample.length).toBeGreaterThan(rounds(30));
    const wrong: string[] = [];
    for (const { name, plan } of sample) {
      await inNamespace(async (namespace) => {
        const load = (program: string, rules: CapturePlan['ip']): string =>
          rules.tables.length === 0 ? '' : feed(`${program}-${backend}-restore --noflush`, printRestore(rules));
        await namespace.run(`${load('iptables', plan.ip)}${load('ip6tables', plan.ip6)}`);
        const result = await apply(namespace, newest);
        const there = await shown(namespace, backend);
        if (result.state !== 'as wanted' || !there.startsWith(`${printSave(newest.ip)}ip6:\nrouting:\n`))
          wrong.push(`${name}: ${JSON.stringify(summary(result))}\n${there}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it.each([
    { name: 'a default pod', args: DEFAULT_POD, cold: 5, again: 3 },
    { name: 'TPROXY', args: TPROXY, cold: 5, again: 3 },
  ])('$name: a first run takes at most $cold processes, and one that changes nothing at most $again', async ({ args, cold, again }) => {
    await inNamespace(async (namespace) => {
      const first = await applyIn(namespace, { args, options: { backend } });
      expect(first).toMatchObject({ outcome: 'applied', rounds: 2 });
      expect(first.processes).toBeLessThanOrEqual(cold);
      const second = await applyIn(namespace, { args });
      expect(second).toMatchObject({ outcome: 'unchanged', rounds: 1 });
      expect(second.processes).toBeLessThanOrEqual(again);
    });
  });
});

describeKernel('with rules in both backends', () => {
  it('apply keeps those of one right and names both, clean removes both', async () => {
    await inNamespace(async (namespace) => {
      const plan = planFromArguments(DEFAULT_POD);
      await apply(namespace, plan, { backend: 'legacy' });
      const result = await apply(namespace, plan, { backend: 'nft' });
      expect(result.warnings.join()).toMatch(/both iptables-nft-save and iptables-legacy-save/);
      expect(await apply(namespace, plan)).toMatchObject({ outcome: 'unchanged', backend: 'nft' });
      expect(await clean(target(namespace), {}, unlockedIn(namespace))).toMatchObject({ outcome: 'cleaned', state: 'as wanted' });
      for (const backend of ['nft', 'legacy']) expect(await shown(namespace, backend)).not.toContain('ISTIO');
    });
  });

  it('clean of one backend leaves the other', async () => {
    await inNamespace(async (namespace) => {
      const plan = planFromArguments(DEFAULT_POD);
      await apply(namespace, plan, { backend: 'legacy' });
      await apply(namespace, plan, { backend: 'nft' });
      expect(await clean(target(namespace), { backend: 'legacy' }, unlockedIn(namespace))).toMatchObject({
        outcome: 'cleaned',
        backend: 'legacy',
        warnings: [],
      });
      expect(await shown(namespace, 'legacy')).not.toContain('ISTIO');
      expect(await shown(namespace, 'nft')).toContain('ISTIO');
    });
  });
});

describeKernel('with native nftables rules of Istio', () => {
  const NATIVE = 'nft add table inet istio-proxy-nat; nft add table inet istio-proxy-mangle; nft add table inet other';

  it.each(['apply', 'clean'])('%s removes them and leaves other tables', async (action) => {
    await inNamespace(async (namespace) => {
      await namespace.run(NATIVE);
      const result =
        action === 'apply'
          ? await apply(namespace, planFromArguments(DEFAULT_POD))
          : await clean(target(namespace), {}, unlockedIn(namespace));
      expect(result).toMatchObject({ outcome: action === 'apply' ? 'applied' : 'cleaned', state: 'as wanted' });
      expect((await namespace.run('nft list tables inet')).stdout).toBe('table inet other\n');
    });
  });
});
