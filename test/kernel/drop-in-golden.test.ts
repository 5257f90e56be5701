import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { applyPlan, machine } from '../../src/host/kernel/apply.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import type { GoldenCase, Outcome } from '../golden.ts';
import { CASES, expand, RELEASES } from '../golden.ts';
import type { Namespace } from './namespace.ts';
import { inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import { normalSave } from './saves.ts';
import { everything, run } from './starting.ts';

interface Newest extends GoldenCase {
  readonly outcome: Outcome;
}

const NEWEST = RELEASES.at(-1) ?? '';
const AT_NEWEST = CASES.flatMap((golden): Newest[] => {
  const outcome = golden.outcomes.find(({ releases }) => expand(releases).includes(NEWEST));
  return outcome === undefined ? [] : [{ ...golden, outcome }];
});
const MADE = AT_NEWEST.filter(({ outcome }) => outcome.error !== true);
// A release in no outcome of a case does not know one of its flags.
const REFUSED = CASES.filter(({ name }) => !MADE.some((made) => made.name === name));

/** What a golden outcome says of a namespace, in its words. */
interface State extends Pick<Outcome, 'ip' | 'ip6'> {
  readonly host: Readonly<Record<string, readonly string[]>>;
}

/** The state of a namespace, from the tools alone so that nothing of ours takes part. */
async function stateOf({ run: inside }: Namespace, backend: string): Promise<State> {
  const { stdout } = await inside(`iptables-${backend}-save; echo NEXT; ip6tables-${backend}-save; echo NEXT
    for f in -4 -6; do ip $f rule; echo NEXT; ip $f route show table all; echo NEXT; done; ip -6 -o addr show dev lo`);
  const [ip = '', ip6 = '', rules = '', routes = '', rules6 = '', routes6 = '', addresses6 = ''] = stdout.split('NEXT\n');
  const marks = (text: string): string[] =>
    [...text.matchAll(/fwmark (\S+) lookup (\S+)/g)].map(([, mark, table]) => `fwmark ${Number(mark)} lookup ${table}`);
  const local = (text: string): string[] => [...text.matchAll(/^local default dev lo table \d+/gm)].map(([route]) => route);
  const own = [...addresses6.matchAll(/inet6 (::6\/128)/g)].map(([, address]) => `${address} dev lo`);
  const host = {
    'ip rule': marks(rules),
    'ip route': local(routes),
    'ip -6 rule': marks(rules6),
    'ip -6 route': local(routes6),
    'ip -6 addr': own,
  };
  const made = Object.fromEntries(Object.entries(host).filter(([, lines]) => lines.length > 0));
  return { ip: normalSave(ip), ip6: normalSave(ip6), host: made };
}

function wantedOf({ outcome: { ip, ip6, host = {} } }: Newest): State {
  return { ip, ip6, host };
}

/** The cases for which something went wrong; two at once, as test machines have two processors. */
async function wrongOf(cases: readonly Newest[], check: (golden: Newest, index: number) => Promise<void>): Promise<readonly string[]> {
  const wrong: string[] = [];
  const waiting = cases.entries();
  const work = async (): Promise<void> => {
    for (const [index, golden] of waiting) {
      try {
        await check(golden, index);
      } catch (error) {
        wrong.push(`${golden.name}: ${error instanceof Error ? error.message : error}`);
      }
    }
  };
  await Promise.all([work(), work()]);
  return wrong;
}

describeKernel('at the newest release', () => {
  it('76 golden cases make rules and five are refused', () => {
    expect(MADE).toHaveLength(76);
    expect(REFUSED.map(({ name }) => name)).toEqual(['bad-cidr', 'bad-flag', 'bad-port', 'loopback-cidr-bad', 'owner-groups-65']);
  });

  it.each(['nft', 'legacy'] as const)('the kernel saves, on %s, the golden text of each case', { timeout: 120_000 }, async (backend) => {
    const wrong = await wrongOf(MADE, async (golden) => {
      const { args, env, addresses, nameservers } = golden;
      const plan = planFromArguments(args, { env, addresses, nameservers });
      await inNamespace(async (namespace) => {
        // Nobody else works in the namespace; the lock has tests of its own and would cost a process for each case.
        const effects = { ...machine(), lock: async () => ({ release: () => undefined }) };
        const target = { kind: 'netns', path: `/run/netns/${namespace.name}` } as const;
        const { outcome, state, failures } = await applyPlan(target, plan, { backend }, effects);
        const nothing = golden.outcome.ip === '' && golden.outcome.ip6 === '';
        expect({ outcome, state, failures }).toEqual({ outcome: nothing ? 'unchanged' : 'applied', state: 'as wanted', failures: [] });
        expect(await stateOf(namespace, backend)).toEqual(wantedOf(golden));
      });
    });
    expect(wrong).toEqual([]);
  });
});

/** A namespace as the case's pod has it: its addresses on an interface, its nameservers in resolv.conf. */
async function inPod<R>({ addresses, nameservers }: GoldenCase, use: (namespace: Namespace) => Promise<R>): Promise<R> {
  return inNamespace(async (namespace) => {
    // `ip netns exec` shows this file as /etc/resolv.conf.
    const folder = `/etc/netns/${namespace.name}`;
    mkdirSync(folder, { recursive: true });
    try {
      writeFileSync(`${folder}/resolv.conf`, nameservers.map((server) => `nameserver ${server}\n`).join(''));
      // Not every kernel has dummy interfaces. No link-local address: Istio looks at the first address there is.
      const { exitCode, stderr } = await namespace.run(`set -e
        ip link add eth0 type veth peer name eth1
        for device in eth0 eth1; do ip link set $device addrgenmode none; ip link set $device up; done
        ${addresses.map((address) => `ip addr add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`).join('\n')}`);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      return await use(namespace);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

// Every source of a setting and of a fact: flags, variables, addresses of both families, nameservers, log flags.
const SAMPLE = [
  'dns',
  'dns-env',
  'dns-loopback-server',
  'dns-only-v6-server',
  'dns-tproxy',
  'dns-two-servers',
  'dns-v6-server',
  'drop-invalid-ipv6',
  'dual-stack',
  'dual-stack-env',
  'env-and-flags',
  'env-everything',
  'injected-1.6-dual',
  'log-json',
  'no-arguments-ipv6',
  'owner-groups',
  'tproxy-dual',
  'tproxy-ipv6',
  'tproxy-mark-table',
  'virtual-interfaces-ipv6',
];

describeKernel('the program called as istio-iptables', () => {
  it('makes of arguments, environment, addresses and nameservers what the golden case says, for 20 of them', async () => {
    const sample = MADE.filter(({ name }) => SAMPLE.includes(name));
    expect(sample).toHaveLength(20);
    const wrong = await wrongOf(sample, async (golden, index) => {
      const backend = index % 2 === 0 ? 'nft' : 'legacy';
      await inPod(golden, async (namespace) => {
        const env = { ...golden.env, FORCE_IPTABLES_BINARY: backend };
        const { exitCode, stdout, stderr } = await run(namespace, ['istio-iptables', ...golden.args], { env });
        expect({ exitCode, stdout }, stderr).toEqual({ exitCode: 0, stdout: '' });
        expect(stderr).toMatch(/applied and verified/);
        expect(await stateOf(namespace, backend)).toEqual(wantedOf(golden));
      });
    });
    expect(wrong).toEqual([]);
  });

  it.each(REFUSED)('refuses $name with exit code 1 and touches nothing', async (golden) => {
    await inPod(golden, async (namespace) => {
      const before = await everything(namespace);
      const { exitCode, stdout, stderr } = await run(namespace, ['istio-iptables', ...golden.args], { env: golden.env });
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
      expect(stderr).toMatch(/\terror\t/);
      expect(stderr).not.toMatch(/^\s+at /m);
      expect(await everything(namespace)).toBe(before);
    });
  });
});
