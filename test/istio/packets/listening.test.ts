// Which families Envoy listens for was measured by the reporters of istio#45335 and #46719 (IPv6-only pods of EKS), and is
// what `getActualWildcardAndLocalHost` says; the sockets of a live pod are as ss lists them.

import { describe, expect, it } from 'vitest';
import { planFromSettings } from '../../../src/istio/kubernetes/plan-from-settings.ts';
import { podNetworkOfPlan, traceIn, verdictIn } from '../../../src/istio/packets/pod-network.ts';
import type { Facts } from '../../../src/istio/settings/facts.ts';
import type { Family } from '../../../src/netfilter/family.ts';
import type { Listener } from '../../../src/netfilter/trace/host.ts';
import type { KernelRouting, PolicyRule } from '../../../src/netfilter/trace/kernel-routing.ts';
import { networkOf, save } from './found-network.ts';

function ofPlan(
  facts: Facts,
  { release = '1.17.2', sets = [] as readonly string[], family = 'ip' as Family, origin = 'local' as const } = {},
) {
  const plan = planFromSettings({ facts, sets, release: { value: release, source: { kind: 'option', option: '--release' } } });
  const network = podNetworkOfPlan(plan, { facts });
  const destination = family === 'ip' ? '198.51.100.9' : '2001:db8:f::9';
  const packet = {
    family,
    origin,
    protocol: 'tcp',
    state: 'NEW',
    mark: 0,
    destination,
    destinationPort: 443,
    uid: 1000,
    gid: 1000,
  } as const;
  return verdictIn(network, traceIn(network, packet));
}

const V6 = '2001:db8:44:1::9';

describe("the proxy listens for the families of its pod's addresses", () => {
  it.each([
    ['IPv6 alone', { addresses: [V6] }, 'ip', 'refused'],
    ['IPv6 and a link-local address of IPv4', { addresses: [V6, '169.254.172.3'] }, 'ip', 'refused'],
    ['IPv6 with its prefix', { addresses: [`${V6}/64`] }, 'ip', 'refused'],
    ['IPv6 alone', { addresses: [V6] }, 'ip6', 'envoy-outbound'],
    ['IPv6 and a link-local one of IPv6', { addresses: [V6, 'fe80::1'] }, 'ip6', 'envoy-outbound'],
    ['IPv4 alone', { addresses: ['10.0.0.7'] }, 'ip', 'envoy-outbound'],
    ['both, IPv4 first', { addresses: ['10.0.0.7', V6] }, 'ip', 'envoy-outbound'],
    ['both, IPv6 first', { addresses: [V6, '10.0.0.7'] }, 'ip', 'envoy-outbound'],
    ['both, IPv6 first, whose rules capture what nobody takes', { addresses: [V6, '10.0.0.7'] }, 'ip6', 'refused'],
    ['none that is known', {}, 'ip', 'envoy-outbound'],
    ['IPv6 alone, with the switch of the control plane', { addresses: [V6], listensOnIp4: true }, 'ip', 'envoy-outbound'],
  ] as const)('%s (%j), %s: %s', (_, facts, family, id) => {
    expect(ofPlan(facts, { family }).id).toBe(id);
  });

  it('says what would change it, the switch only from the release on that has it', () => {
    expect(ofPlan({ addresses: [V6] }).words).toBe(
      'sent to port 15001, where the proxy of an IPv6-only pod does not listen: the connection is refused, unless dual stack is on',
    );
    expect(ofPlan({ addresses: [V6] }, { release: '1.20.0' }).words).toContain('ISTIO_ENABLE_IPV4_OUTBOUND_LISTENER_FOR_IPV6_CLUSTERS');
  });

  it('with dual stack listens for both', () => {
    const facts = { addresses: [V6, '10.0.0.7'] };
    for (const family of ['ip', 'ip6'] as const)
      expect(ofPlan(facts, { family, release: '1.28.0', sets: ['dualStack=true'] }).id).toBe('envoy-outbound');
  });
});

const RULES = save('nat', [
  '-A PREROUTING -p tcp -m tcp --dport 9000 -j REDIRECT --to-ports 9001',
  '-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 15006',
  '-A OUTPUT -p tcp -m tcp --dport 7000 -j DNAT --to-destination 127.0.0.1:7001',
  '-A OUTPUT -p tcp -m tcp --dport 443 -j REDIRECT --to-ports 15001',
  '-A OUTPUT -p udp -m udp --dport 53 -j REDIRECT --to-ports 15053',
]);

const ENVOY: readonly Listener[] = [15001, 15006].map((port) => ({
  protocol: 'tcp',
  families: ['ip'],
  port,
  uid: 1337,
  transparent: false,
}));

function live(listeners: readonly Listener[], port: number, { origin = 'local', protocol = 'tcp', silent = false } = {}) {
  const interfaces = [
    { name: 'lo', addresses: ['127.0.0.1'] },
    { name: 'eth0', addresses: ['10.44.1.9'] },
  ];
  const route = (destination: string, type: 'local' | 'unicast', name: string, table: number) =>
    ({ family: 'ip', table, destination, type, metric: 0, interfaces: [name] }) as const;
  const routing = {
    rules: ([255, 254] as const).map(
      (table, priority) => ({ family: 'ip', priority, action: { kind: 'lookup', table } }) as const satisfies PolicyRule,
    ),
    routes: [
      route('10.44.1.9/32', 'local', 'lo', 255),
      route('127.0.0.0/8', 'local', 'lo', 255),
      { ...route('0.0.0.0/0', 'unicast', 'eth0', 254), gateway: '10.44.1.1', source: '10.44.1.9' },
    ],
    reversePath: {},
  } satisfies KernelRouting;
  const state = { network: { interfaces, routing, listeners }, ...(silent && { beforeProxy: true }) };
  const network = networkOf(RULES, ['10.44.1.9'], state);
  const destination = origin === 'local' ? '198.51.100.9' : '10.44.1.9';
  const from = origin === 'local' ? { uid: 1000, gid: 1000 } : { source: '198.51.100.7', inInterface: 'eth0' };
  const packet = { family: 'ip', origin, protocol, state: 'NEW', mark: 0, destination, destinationPort: port, ...from } as never;
  return verdictIn(network, traceIn(network, packet));
}

describe('the sockets of a live pod decide', () => {
  it.each([
    ['the proxy on any address', ENVOY, 443, 'envoy-outbound', 'caught by Envoy outbound (15001)'],
    ['the proxy on loopback', [{ ...ENVOY[0], address: '127.0.0.1' }], 443, 'envoy-outbound', 'caught by Envoy outbound (15001)'],
    [
      'the proxy for IPv6 alone',
      [{ ...ENVOY[0], families: ['ip6'] }],
      443,
      'refused',
      'sent to port 15001, where nothing listens for IPv4, and the connection is refused',
    ],
    [
      'the proxy on another address',
      [{ ...ENVOY[0], address: '10.44.1.9' }],
      443,
      'refused',
      'sent to port 15001, where nothing listens for IPv4, and the connection is refused',
    ],
    [
      'the inbound port alone',
      [ENVOY[1]],
      443,
      'refused',
      'sent to port 15001, where nothing listens for IPv4, and the connection is refused',
    ],
    [
      'nobody where another rule sends it',
      ENVOY,
      7000,
      'refused',
      'sent to port 7001, where nothing listens for IPv4, and the connection is refused',
    ],
    [
      'somebody there',
      [...ENVOY, { ...ENVOY[0], port: 7001, address: '127.0.0.1' }],
      7000,
      'direct',
      'sent to port 7001, which is not a port of the proxy',
    ],
  ])('%s: what is sent to 198.51.100.9', (_, listeners, port, id, words) => {
    expect(live(listeners as readonly Listener[], port)).toEqual({ id, words });
  });

  it('for what arrives as well, at the address to which REDIRECT sends it', () => {
    expect(live([{ ...ENVOY[1], address: '10.44.1.9' } as Listener], 80, { origin: 'remote' }).id).toBe('envoy-inbound');
    expect(live([ENVOY[0] as Listener, { ...ENVOY[1], address: '127.0.0.1' } as Listener], 80, { origin: 'remote' }).id).toBe('refused');
    expect(live(ENVOY, 9000, { origin: 'remote' }).id).toBe('refused');
  });

  it('by their protocol: UDP to the agent is lost where only TCP listens', () => {
    const udp = { ...ENVOY[0], protocol: 'udp', port: 15053 } as Listener;
    expect(live([...ENVOY, { ...udp, protocol: 'tcp' }], 53, { protocol: 'udp' })).toEqual({
      id: 'refused',
      words: 'sent to port 15053, where nothing listens for IPv4, and is lost',
    });
    expect(live([...ENVOY, udp], 53, { protocol: 'udp' }).id).toBe('dns-agent');
  });

  it('what no rule touches stays direct, and is told to find nobody', () => {
    expect(live(ENVOY, 8080, { origin: 'remote' })).toEqual({
      id: 'direct',
      words: 'reaches port 8080 of the pod, not caught; nothing listens there for IPv4, and the connection is refused',
    });
    expect(live([...ENVOY, { ...ENVOY[0], port: 8080 } as Listener], 8080, { origin: 'remote' }).words).toBe(
      'reaches port 8080 of the pod, not caught',
    );
  });

  // What the rules do is asked of a pod whose proxy has not started (br-07 to br-09: a namespace with rules and no process).
  it('where no port of the proxy is open, it has not started: the rules say who would get it', () => {
    expect(live([], 443, { silent: true })).toEqual({
      id: 'envoy-outbound',
      words: 'caught by Envoy outbound (15001), where nothing listens yet, and the connection is refused',
    });
  });
});
