/** REDIRECT of what arrives by each of several interfaces, of which some are left alone: the address that the proxy's socket has. */

import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { readInterfaces } from '../../src/host/live/ip-json.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { firstPacket } from '../../src/netfilter/packet.ts';
import { printRestore } from '../../src/netfilter/print.ts';
import type { Host } from '../../src/netfilter/trace/host.ts';
import { simulatorFor } from '../../src/netfilter/trace.ts';
import type { Namespace } from './namespace.ts';
import { feed, inNamespace } from './namespace.ts';
import { describeKernel } from './requirements.ts';
import type { Owner } from './sockets.ts';
import { socketsIn } from './sockets.ts';

interface Device {
  readonly name: string;
  /** In the order in which they are given. */
  readonly addresses: readonly string[];
}

/** The network with a caller behind each device, whom the pod answers by that device. */
const caller = (family: Family, at: number): string => (family === 'ip' ? `10.44.${at}.200` : `fd00:44:${at}::200`);
const own = (family: Family, at: number, host: number): string => (family === 'ip' ? `10.44.${at}.${host}` : `fd00:44:${at}::${host}`);
const both = (at: number, ...hosts: readonly number[]): readonly string[] =>
  FAMILIES.flatMap((family) => hosts.map((host) => `${own(family, at, host)}/${family === 'ip' ? 24 : 64}`));

const WORLDS: Readonly<Record<string, { readonly devices: readonly Device[]; readonly excluded?: string }>> = {
  'of one address each': { devices: ['eth0', 'net1', 'net2'].map((name, at) => ({ name, addresses: both(at, 21) })) },
  'of several addresses of one network': { devices: ['eth0', 'net1'].map((name, at) => ({ name, addresses: both(at, 23, 21, 22) })) },
  'of addresses of other networks': {
    devices: [
      { name: 'eth0', addresses: ['192.0.2.77/32', 'fd00:99::7/128', ...both(0, 21)] },
      { name: 'net1', addresses: [...both(1, 21), '192.0.2.78/32', 'fd00:99::8/128'] },
    ],
  },
  'of which one is left alone': {
    devices: ['eth0', 'net1', 'net2'].map((name, at) => ({ name, addresses: both(at, 21, 22) })),
    excluded: 'net1',
  },
};

const PROXY: Owner = [1337, 1337];
const APP: Owner = [1000, 1000];
const PORT = 5060;

/** A pod with these devices, and a caller behind each. */
function inWorld<R>(devices: readonly Device[], use: (pod: Namespace, callers: readonly Namespace[]) => Promise<R>): Promise<R> {
  return inNamespace(async (pod) => {
    const callers: Namespace[] = [];
    const next = (at: number): Promise<R> => {
      const device = devices[at];
      if (device === undefined) return use(pod, callers);
      return inNamespace(async (client) => {
        callers.push(client);
        const [name, index] = [device.name, 20 + 2 * at];
        await execa('ip', ['-batch', '-'], {
          input: `link add ${name} index ${index} netns ${pod.name} type veth peer name v0 index ${index + 1} netns ${client.name}\n`,
        });
        const given = device.addresses.map((address) => `ip addr add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`);
        await pod.run(
          `ip link set ${name} addrgenmode none; ip link set ${name} up; ip addr add fe80::${at + 1}/64 dev ${name} nodad; ${given.join('; ')}`,
        );
        const routes = FAMILIES.map((family) => `ip ${family === 'ip' ? '-4' : '-6'} route add default via ${own(family, at, 21)}`);
        await client.run(`ip link set v0 up
          ip addr add ${caller('ip', at)}/24 dev v0; ip addr add ${caller('ip6', at)}/64 dev v0 nodad
          until ip link show v0 | grep -q "state UP"; do sleep 0.01; done
          ${routes.join('; ')}`);
        return next(at + 1);
      }, '');
    };
    return next(0);
  }, '');
}

const PLAN = (excluded: string | undefined) =>
  planFromArguments(
    [
      ...['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*'],
      ...(excluded === undefined ? [] : ['-c', excluded]),
    ],
    { release: '1.24', addresses: ['10.44.0.21', 'fd00:44::21'], env: { ISTIO_DUAL_STACK: 'true' } },
  );

describeKernel('REDIRECT in a pod with interfaces', () => {
  describe.each(Object.entries(WORLDS))('%s', (_, { devices, excluded }) => {
    it.each(FAMILIES)('gives what arrives by each the address that the simulator names, of %s', async (family) => {
      const plan = PLAN(excluded);
      await inWorld(devices, async (pod, callers) => {
        const restore = family === 'ip' ? 'iptables-nft-restore' : 'ip6tables-nft-restore';
        expect(await pod.run(feed(`${restore} --noflush`, printRestore(plan[family])))).toMatchObject({ exitCode: 0 });
        const shown = await pod.run('ip -json addr show');
        const host: Host = { interfaces: readInterfaces(shown.stdout.trim()), localByMark: [], forwarding: false };
        const simulator = simulatorFor(plan[family], host);
        const sockets = socketsIn(pod.name);
        const outside = callers.map(({ name }) => socketsIn(name));
        try {
          const any = family === 'ip' ? '0.0.0.0' : '::';
          await sockets.listen(PROXY, 'proxy', any, 15006);
          await sockets.listen(APP, 'app', any, PORT);
          const goals = devices.flatMap(({ addresses }) => addresses.flatMap((text) => text.split('/')[0] ?? []));
          const ofFamily = goals.filter((goal) => goal.includes(':') === (family === 'ip6'));
          for (const [at, device] of devices.entries()) {
            for (const goal of ofFamily) {
              const packet = firstPacket({
                family,
                origin: 'remote',
                protocol: 'tcp',
                source: caller(family, at),
                destination: goal,
                sourcePort: 40_000,
                destinationPort: PORT,
                inInterface: device.name,
              });
              const { end } = simulator.trace(packet);
              const told = end.kind === 'local' ? `${end.address} ${end.port}` : end.kind;
              const [hop] = (await outside[at]?.call(APP, [goal, PORT])) ?? [];
              const arrived = hop?.arrived?.replace(/^\[?(.*?)\]?:(\d+)$/, '$1 $2');
              expect(told, `${goal} by ${device.name}`).toBe(arrived);
            }
          }
        } finally {
          await Promise.all([sockets, ...outside].map((one) => one.end()));
        }
      });
    });
  });
});
