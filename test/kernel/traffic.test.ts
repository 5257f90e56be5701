import type { Subprocess } from 'execa';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyPlan } from '../../src/host/kernel/apply.ts';
import { planFromArguments } from '../../src/istio/plan/plan-from-arguments.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import { ADDRESSES } from './pod-and-client.ts';
import { unlockedIn } from './programs-in.ts';
import { describeSockets } from './servers.ts';
import type { Hop, Owner, Place, Sockets } from './sockets.ts';
import { printed } from './sockets.ts';
import {
  APP,
  DELIVERY,
  LOOPBACK,
  NAMES,
  PROXY,
  PROXY_GROUP,
  PROXY_USER,
  REDIRECTED,
  ROOT,
  staged,
  TRANSPARENT,
  TRANSPARENT_PROXY,
  way,
} from './stage.ts';

const both = <V>(value: (family: Family) => V): Readonly<Record<Family, V>> => ({ ip: value('ip'), ip6: value('ip6') });

const DUAL = { addresses: [ADDRESSES.ip.pod, ADDRESSES.ip6.pod], env: { ISTIO_DUAL_STACK: 'true' } };
const INJECTED = ['-p', '15001', '-z', '15006', '-u', '1337', '-m', 'REDIRECT', '-i', '*', '-b', '*', '-d', '15090,15021,15020'];
const EXCLUDED = both((family) => `${ADDRESSES[family].excluded}/${family === 'ip' ? 32 : 128}`);
const ORDINARY = planFromArguments([...INJECTED, '-o', '3306', '-x', `${EXCLUDED.ip},${EXCLUDED.ip6}`], DUAL);
const TPROXY = planFromArguments(
  INJECTED.map((argument) => (argument === 'REDIRECT' ? 'TPROXY' : argument)),
  DUAL,
);
const SERVICES = `${ADDRESSES.ip.service}/32,${ADDRESSES.ip6.service}/128`;
const CHOSEN = planFromArguments(['-u', '1337', '-m', 'REDIRECT', '-b', '80', '-i', SERVICES, '-q', '5432'], {
  ...DUAL,
  env: { ...DUAL.env, ISTIO_OUTBOUND_OWNER_GROUPS_EXCLUDE: '202' },
});

/** One row: who calls what, and the way that the call takes. */
interface Row {
  readonly what: string;
  readonly as: Owner;
  readonly to: (family: Family) => Place;
  readonly source?: (family: Family) => Place;
  readonly protocol?: 'udp';
  readonly way: string;
}

const at =
  (host: keyof (typeof ADDRESSES)['ip'], port: number) =>
  (family: Family): Place => [ADDRESSES[family][host], port];
const loopback =
  (port: number) =>
  (family: Family): Place => [LOOPBACK[family], port];
const delivery =
  (port: number) =>
  (family: Family): Place => [DELIVERY[family], port];

async function take(sockets: Sockets, family: Family, { as, to, source, protocol }: Omit<Row, 'way' | 'what'>): Promise<readonly Hop[]> {
  return sockets.call(as, to(family), { ...(source && { source: source(family) }), ...(protocol && { protocol }) });
}

function tests(family: Family, whose: string, rows: readonly Row[], test: (row: Row) => Promise<void>): void {
  for (const row of rows) {
    const what = row.what.replaceAll(LOOPBACK.ip, LOOPBACK[family]).replaceAll(DELIVERY.ip, DELIVERY[family]);
    it(`${whose} ${what}`, () => test(row));
  }
}

const INBOUND: readonly Row[] = [
  { what: 'to a port of the application comes to the proxy, which delivers it', as: APP, to: at('pod', 80), way: 'inbound > application' },
  {
    what: 'to a port on which nobody listens comes to the proxy as well',
    as: APP,
    to: at('pod', 81),
    way: 'inbound > nowhere (ConnectionRefusedError)',
  },
  { what: 'to an excluded port goes straight there', as: APP, to: at('pod', 15090), way: 'metrics' },
  { what: 'to the excluded port of health checks goes straight there', as: APP, to: at('pod', 15021), way: 'health' },
  { what: 'to the last of the excluded ports goes straight there', as: APP, to: at('pod', 15020), way: 'merged metrics' },
  { what: 'to the tunnel port goes straight there', as: APP, to: at('pod', 15008), way: 'tunnel' },
  { what: 'of UDP goes straight to the application', as: APP, to: at('pod', 80), protocol: 'udp', way: 'application' },
];

const OUTBOUND: readonly Row[] = [
  { what: 'an application to a service comes to the proxy, which calls it', as: APP, to: at('service', 80), way: 'outbound > outside' },
  { what: 'root is no proxy: to a service comes to the proxy', as: ROOT, to: at('service', 80), way: 'outbound > outside' },
  { what: 'an application to an excluded port goes out', as: APP, to: at('service', 3306), way: 'outside' },
  { what: 'an application to an excluded range goes out', as: APP, to: at('excluded', 80), way: 'outside' },
  { what: 'an application by UDP goes out', as: APP, to: at('client', 80), protocol: 'udp', way: 'outside' },
  { what: 'the proxy goes out', as: PROXY, to: at('service', 80), way: 'outside' },
  { what: "the proxy's user in another group goes out", as: PROXY_USER, to: at('service', 80), way: 'outside' },
  { what: "another user in the proxy's group goes out", as: PROXY_GROUP, to: at('service', 80), way: 'outside' },
];

const SELF: readonly Row[] = [
  {
    what: 'an application by the service address comes out of the proxy and in through it',
    as: APP,
    to: at('ownService', 80),
    way: 'outbound > inbound > application',
  },
  { what: 'an application by the address of the pod goes straight there', as: APP, to: at('pod', 80), way: 'application' },
  { what: 'an application by 127.0.0.1 goes straight there', as: APP, to: loopback(80), way: 'application' },
  { what: 'an application by 127.0.0.6 goes straight there', as: APP, to: delivery(80), way: 'application' },
  { what: 'the proxy by the address of the pod comes back in', as: PROXY, to: at('pod', 80), way: 'inbound > application' },
  {
    what: "the proxy's user in another group by the address of the pod comes back in",
    as: PROXY_USER,
    to: at('pod', 80),
    way: 'inbound > application',
  },
  // The rules of the user stand first, and let everything on lo through that is of another user.
  {
    what: "another user in the proxy's group by the address of the pod goes straight there",
    as: PROXY_GROUP,
    to: at('pod', 80),
    way: 'application',
  },
  { what: 'the proxy by the tunnel port of the pod goes straight there', as: PROXY, to: at('pod', 15008), way: 'tunnel' },
  { what: 'the proxy by 127.0.0.1 goes straight to the application', as: PROXY, to: loopback(80), way: 'application' },
  {
    what: 'the proxy by 127.0.0.6 comes back in',
    as: PROXY,
    to: delivery(80),
    source: (family) => [LOOPBACK[family], 0],
    way: 'inbound > application',
  },
  {
    what: 'the proxy from 127.0.0.6 to the address of the pod is a delivery and goes straight there',
    as: PROXY,
    to: at('pod', 80),
    source: (family) => [DELIVERY[family], 0],
    way: 'application',
  },
  {
    what: 'the proxy from 127.0.0.6 to 127.0.0.1 is a delivery and goes straight there',
    as: PROXY,
    to: loopback(80),
    source: (family) => [DELIVERY[family], 0],
    way: 'application',
  },
];

const CHOSEN_INBOUND: readonly Row[] = [
  { what: 'to a captured port comes to the proxy', as: APP, to: at('pod', 80), way: 'inbound > application' },
  { what: 'to another port goes straight there', as: APP, to: at('pod', 8080), way: 'application' },
];

const CHOSEN_OUTBOUND: readonly Row[] = [
  { what: 'an application to a captured range comes to the proxy', as: APP, to: at('service', 80), way: 'outbound > outside' },
  { what: 'an application to another range goes out', as: APP, to: at('client', 80), way: 'outside' },
  {
    what: 'an application to a captured port of another range comes to the proxy',
    as: APP,
    to: at('client', 5432),
    way: 'outbound > outside',
  },
  { what: 'a group that is let through to a captured range goes out', as: [1000, 202], to: at('service', 80), way: 'outside' },
];

const TPROXY_INBOUND: readonly Row[] = [
  { what: 'to a port of the application comes to the proxy, which delivers it', as: APP, to: at('pod', 80), way: 'inbound > application' },
  { what: 'to an excluded port goes straight there', as: APP, to: at('pod', 15090), way: 'metrics' },
  // The tunnel's exception is in nat alone, which this mode does not use for what comes in.
  { what: 'to the tunnel port comes to the proxy', as: APP, to: at('pod', 15008), way: 'inbound > tunnel' },
  { what: 'of UDP goes straight to the application', as: APP, to: at('pod', 80), protocol: 'udp', way: 'application' },
];

const TPROXY_OUTBOUND: readonly Row[] = [
  { what: 'an application to a service comes to the proxy, which calls it', as: APP, to: at('service', 80), way: 'outbound > outside' },
  { what: "root, outside of the proxy's group, comes to the proxy", as: ROOT, to: at('service', 80), way: 'outbound > outside' },
  { what: 'the proxy goes out', as: TRANSPARENT_PROXY, to: at('service', 80), way: 'outside' },
];

const TPROXY_SELF: readonly Row[] = [
  {
    what: 'an application by the service address comes out of the proxy and in through it',
    as: APP,
    to: at('ownService', 80),
    way: 'outbound > inbound > application',
  },
  { what: 'an application by the address of the pod goes straight there', as: APP, to: at('pod', 80), way: 'application' },
  { what: 'an application by 127.0.0.1 goes straight there', as: APP, to: loopback(80), way: 'application' },
  { what: 'an application by 127.0.0.6 goes straight there', as: APP, to: delivery(80), way: 'application' },
  { what: 'the proxy by the address of the pod comes back in', as: TRANSPARENT_PROXY, to: at('pod', 80), way: 'inbound > application' },
  { what: 'the proxy by 127.0.0.1 goes straight to the application', as: TRANSPARENT_PROXY, to: loopback(80), way: 'application' },
  {
    what: 'the proxy from 127.0.0.6 to the address of the pod is a delivery and goes straight there',
    as: TRANSPARENT_PROXY,
    to: at('pod', 80),
    source: (family) => [DELIVERY[family], 0],
    way: 'application',
  },
];

describeSockets.each(['nft', 'legacy'] as const)('with the rules of a default pod in iptables-%s', (backend) => {
  const current = staged(ORDINARY, backend, REDIRECTED);
  for (const family of FAMILIES) {
    describe(NAMES[family], () => {
      tests(family, 'a call from outside', INBOUND, async (row) => {
        const hops = await take(current().client, family, row);
        expect(way(hops)).toBe(row.way);
        expect(hops[0]).toMatchObject({ from: ADDRESSES[family].client });
        const arrived = printed([ADDRESSES[family].pod, 15006]);
        if (row.way.startsWith('inbound')) expect(hops[0]).toMatchObject({ to: printed(row.to(family)), arrived });
      });

      tests(family, 'a call of', OUTBOUND, async (row) => {
        const hops = await take(current().pod, family, row);
        expect(way(hops)).toBe(row.way);
        if (row.protocol !== 'udp') expect(hops[0]).toMatchObject({ to: printed(row.to(family)) });
      });

      tests(family, 'a call to its own pod of', SELF, async (row) => {
        const hops = await take(current().pod, family, row);
        expect(way(hops)).toBe(row.way);
        expect(hops[0]).toMatchObject({ to: printed(row.to(family)) });
        // Only so can the rules tell a delivery from a call.
        if (row.way.endsWith('inbound > application')) expect(hops.at(-1)).toMatchObject({ from: DELIVERY[family] });
      });
    });
  }
});

describeSockets('with rules that capture only chosen ports, ranges and groups', () => {
  const current = staged(CHOSEN, 'nft', REDIRECTED);
  for (const family of FAMILIES) {
    describe(NAMES[family], () => {
      tests(family, 'a call from outside', CHOSEN_INBOUND, async (row) =>
        expect(way(await take(current().client, family, row))).toBe(row.way),
      );
      tests(family, 'a call of', CHOSEN_OUTBOUND, async (row) => expect(way(await take(current().pod, family, row))).toBe(row.way));
    });
  }
});

describeSockets.each(['nft', 'legacy'] as const)('with the TPROXY rules of a default pod in iptables-%s', (backend) => {
  const current = staged(TPROXY, backend, TRANSPARENT);
  for (const family of FAMILIES) {
    describe(NAMES[family], () => {
      tests(family, 'a call from outside', TPROXY_INBOUND, async (row) => {
        const hops = await take(current().client, family, row);
        expect(way(hops)).toBe(row.way);
        for (const hop of hops) expect(hop).toMatchObject({ from: ADDRESSES[family].client });
        // Not rewritten at all: the proxy's end has the address and the port that were called.
        if (row.way.startsWith('inbound')) expect(hops[0]).toMatchObject({ to: printed(row.to(family)), arrived: printed(row.to(family)) });
      });

      tests(family, 'a call of', TPROXY_OUTBOUND, async (row) => expect(way(await take(current().pod, family, row))).toBe(row.way));
      tests(family, 'a call to its own pod of', TPROXY_SELF, async (row) =>
        expect(way(await take(current().pod, family, row))).toBe(row.way),
      );
    });
  }
});

const NAMESERVERS = FAMILIES.map((family) => ADDRESSES[family].nameserver);
const CAPTURED = planFromArguments(INJECTED, { ...DUAL, env: { ...DUAL.env, ISTIO_META_DNS_CAPTURE: 'true' }, nameservers: NAMESERVERS });
const ALL_CAPTURED = planFromArguments([...INJECTED, '--capture-all-dns'], {
  ...DUAL,
  env: { ...DUAL.env, ISTIO_META_DNS_CAPTURE: 'true' },
});

/** The rules know the agent by its user or its group. */
const AGENTS = [PROXY, PROXY_USER, PROXY_GROUP];

/** What each server says of the names: the agent knows one of them, and asks the nameserver for the other. */
const KNOWN: Readonly<Record<'agent' | 'nameserver', Readonly<Record<Family, string>>>> = {
  agent: { ip: '192.0.2.15', ip6: '2001:db8:a::15' },
  nameserver: { ip: '192.0.2.53', ip6: '2001:db8:a::53' },
};

/** A dnsmasq as a user, with what it knows of `mesh.test` and `other.test`. */
function dnsmasq(namespace: string, [uid, gid]: Owner, options: readonly string[]): Subprocess {
  const user = ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  const quiet = [
    '--no-daemon',
    '--user=',
    '--group=',
    '--conf-file=/dev/null',
    '--no-resolv',
    '--no-hosts',
    '--pid-file=',
    '--cache-size=0',
  ];
  return execa('ip', ['netns', 'exec', namespace, ...user, 'dnsmasq', ...quiet, ...options], {
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
  });
}

function says(server: keyof typeof KNOWN, name: string): readonly string[] {
  return FAMILIES.map((family) => `--address=/${name}/${KNOWN[server][family]}`);
}

describeSockets.each(['nft', 'legacy'] as const)(
  'with DNS captured in iptables-%s, and dnsmasq as the agent and as the nameserver',
  (backend) => {
    const servers: Subprocess[] = [];
    const current = staged(CAPTURED, backend, REDIRECTED);

    beforeAll(async () => {
      const { pair } = current();
      const answers = [...says('nameserver', 'mesh.test'), ...says('nameserver', 'other.test')];
      servers.push(
        dnsmasq(pair.client.name, ROOT, ['--port=53', ...answers]),
        dnsmasq(pair.pod.name, PROXY, ['--port=15053', ...says('agent', 'mesh.test'), `--server=${ADDRESSES.ip.nameserver}`]),
      );
      const ready = async (): Promise<boolean> => 'address' in (await current().pod.ask(PROXY, [LOOPBACK.ip, 15053], 'other.test', 'tcp'));
      await vi.waitUntil(ready, { timeout: 20_000, interval: 20 });
    });
    afterAll(async () => {
      for (const server of servers) server.kill();
      await Promise.all(servers);
    });

    for (const family of FAMILIES) {
      describe(NAMES[family], () => {
        const { nameserver, otherNameserver } = ADDRESSES[family];
        const from = printed([nameserver, 53]);

        it.each(['udp', 'tcp'] as const)(
          'a question of an application by %s is answered by the agent, in the name of the nameserver',
          async (protocol) => {
            const { pod } = current();
            expect(await pod.ask(APP, [nameserver, 53], 'mesh.test', protocol)).toEqual({ address: KNOWN.agent[family], from });
            expect(await pod.ask(APP, [nameserver, 53], 'other.test', protocol)).toEqual({ address: KNOWN.nameserver[family], from });
          },
        );

        it.each(['udp', 'tcp'] as const)('a question of the agent itself by %s goes out to the nameserver', async (protocol) => {
          for (const owner of AGENTS) {
            const answered = await current().pod.ask(owner, [nameserver, 53], 'mesh.test', protocol);
            expect(answered).toEqual({ address: KNOWN.nameserver[family], from });
          }
        });

        it('a question to a server that resolv.conf does not name goes out by udp', async () => {
          const answered = await current().pod.ask(APP, [otherNameserver, 53], 'mesh.test', 'udp');
          expect(answered).toEqual({ address: KNOWN.nameserver[family], from: printed([otherNameserver, 53]) });
        });

        it('questions of an application and of the agent from the same port to the same server are told apart by the conntrack zones', async () => {
          const { pod, pair } = current();
          const asked = async (owner: Owner, port: number): Promise<unknown> =>
            (await pod.ask(owner, [nameserver, 53], 'mesh.test', 'udp', [ADDRESSES[family].pod, port])).address;
          for (const [index, agent] of AGENTS.entries()) {
            const [first, second] = [20010 + index, 20020 + index];
            expect(await asked(APP, first)).toBe(KNOWN.agent[family]);
            expect(await asked(agent, first)).toBe(KNOWN.nameserver[family]);
            expect(await asked(agent, second)).toBe(KNOWN.nameserver[family]);
            expect(await asked(APP, second)).toBe(KNOWN.agent[family]);
          }
          // Without zones the agent's question takes the way of the application's, back to the agent itself.
          const program = family === 'ip' ? 'iptables' : 'ip6tables';
          await pair.pod.run(`${program}-${backend}-save -t raw > /tmp/${pair.pod.name}; ${program}-${backend} -t raw -F`);
          expect(await asked(APP, 20003)).toBe(KNOWN.agent[family]);
          expect(await asked(PROXY, 20003)).toBe(KNOWN.agent[family]);
          await pair.pod.run(`${program}-${backend}-restore < /tmp/${pair.pod.name}; rm /tmp/${pair.pod.name}`);
        });
      });
    }

    it('a question to any server is answered by the agent where all DNS is captured', async () => {
      const { pod, pair } = current();
      const result = await applyPlan(
        { kind: 'netns', path: `/run/netns/${pair.pod.name}` },
        ALL_CAPTURED,
        { backend },
        unlockedIn(pair.pod),
      );
      expect(result).toMatchObject({ outcome: 'applied', failures: [] });
      for (const family of FAMILIES) {
        for (const protocol of ['udp', 'tcp'] as const) {
          const to = [ADDRESSES[family].otherNameserver, 53] as const;
          expect(await pod.ask(APP, to, 'mesh.test', protocol)).toEqual({ address: KNOWN.agent[family], from: printed(to) });
          expect(await pod.ask(PROXY, to, 'mesh.test', protocol)).toEqual({ address: KNOWN.nameserver[family], from: printed(to) });
        }
      }
    });
  },
);
