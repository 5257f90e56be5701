/** Random rulesets and packets in a small world, so that rules and packets meet. */

import fc from 'fast-check';
import { parseNetwork } from '../../src/netfilter/address/network.ts';
import type { Family } from '../../src/netfilter/family.ts';
import type { OwnerRange, PortRange } from '../../src/netfilter/numbers.ts';
import { ALL_BITS } from '../../src/netfilter/numbers.ts';
import type { Packet } from '../../src/netfilter/packet.ts';
import type { KnownMatch, Match } from '../../src/netfilter/rule/match.ts';
import { match, not } from '../../src/netfilter/rule/match.ts';
import type { Target } from '../../src/netfilter/rule/target.ts';
import type { Chain, Policy, Rule, Ruleset } from '../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../src/netfilter/rule.ts';
import type { Host } from '../../src/netfilter/trace/host.ts';

export const RANDOM_HOST: Host = {
  interfaces: [
    { name: 'lo', addresses: ['::6'] },
    { name: 'eth0', addresses: ['10.1.2.3', '10.1.2.4', 'fe80::1', '2001:db8::7'] },
    { name: 'eth1', addresses: ['192.168.7.1', '2001:db8:1::7'] },
    { name: 'tap0', addresses: [] },
  ],
  localByMark: [
    { family: 'ip', mark: 1337 },
    { family: 'ip6', mark: 0x10, mask: 0xf0 },
  ],
  transparentPorts: [15001, 15006],
  forwarding: true,
};

const NETWORKS: Readonly<Record<Family, readonly string[]>> = {
  ip: ['10.0.0.0/8', '10.1.2.3/32', '10.1.2.0/24', '127.0.0.1/32', '127.0.0.0/8', '127.0.0.6/32', '192.168.0.0/16', '0.0.0.0/0'],
  ip6: ['2001:db8::/32', '2001:db8::7/128', '::1/128', '::6/128', 'fe80::/10', 'fd00::/8', '::/0'],
};

const ADDRESSES: Readonly<Record<Family, readonly string[]>> = {
  ip: [
    '10.0.0.0',
    '10.1.2.3',
    '10.1.2.4',
    '10.1.2.5',
    '127.0.0.1',
    '127.0.0.6',
    '127.255.255.255',
    '192.168.7.1',
    '192.168.9.9',
    '8.8.8.8',
    '11.0.0.0',
  ],
  ip6: ['2001:db8::7', '2001:db8:1::7', '2001:db8::8', '::1', '::6', '::7', 'fe80::1', 'fe80::2', 'fd00::5', '2a00::1'],
};

const PORTS = [53, 80, 81, 90, 443, 15001, 15006];
const OWNERS = [0, 1000, 1337];
const MARKS = [0, 16, 1337];

const range = (values: readonly number[], max: number): fc.Arbitrary<{ first: number; last: number }> =>
  fc.oneof(
    fc.constantFrom(...values).map((value) => ({ first: value, last: value })),
    fc.constantFrom(...values).map((value) => ({ first: value, last: value + 9 })),
    fc.constant({ first: 0, last: max }),
  );
const port: fc.Arbitrary<PortRange> = fc.oneof(
  { weight: 20, arbitrary: range(PORTS, 65535) },
  { weight: 1, arbitrary: fc.constant({ service: 'who' }) },
);
const ports = fc.array(port, { minLength: 1, maxLength: 3 });
const owner: fc.Arbitrary<OwnerRange> = fc.oneof(
  { weight: 20, arbitrary: range(OWNERS, 5000) },
  { weight: 1, arbitrary: fc.constant({ name: 'java' }) },
);
const masked = fc.record({ value: fc.constantFrom(...MARKS), mask: fc.constantFrom(...Array<number>(12).fill(ALL_BITS), 0x10) });

/** Names of interfaces and patterns of them. */
const device = fc.constantFrom('lo', 'eth0', 'eth1', 'eth+', 'tap0', 'l+', '+');
const states = fc.subarray(['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED', 'DNAT', 'SNAT'], { minLength: 1 });

function oneMatch(family: Family, hook: string): fc.Arbitrary<Match> {
  const network = fc.constantFrom(...NETWORKS[family]).map((text) => parseNetwork(text) ?? raise(text));
  const known = (all: readonly fc.Arbitrary<KnownMatch>[]): fc.Arbitrary<KnownMatch> =>
    fc.tuple(fc.oneof(...all), fc.boolean()).map(([one, negated]) => (negated ? not(one) : one));
  const anywhere = [
    network.map((value) => match('source', value)),
    network.map((value) => match('destination', value)),
    port.map((value) => match('destination-port', value)),
    port.map((value) => match('source-port', value)),
    ports.map((value) => match('destination-ports', value)),
    ports.map((value) => match('either-ports', value)),
    fc.constantFrom('tcp', 'tcp', 'udp', 'icmp').map((value) => match('protocol', value)),
    states.map((value) => match('conntrack-state', value)),
    masked.map((value) => match('mark', { value: (value.value & value.mask) >>> 0, mask: value.mask })),
    masked.map((value) => match('connmark', { value: (value.value & value.mask) >>> 0, mask: value.mask })),
  ];
  const outward = [
    device.map((value) => match('out-interface', value)),
    owner.map((value) => match('uid-owner', value)),
    owner.map((value) => match('gid-owner', value)),
  ];
  const inward = [device.map((value) => match('in-interface', value)), fc.constant(match('socket', true))];
  const there =
    hook === 'OUTPUT' || hook === 'POSTROUTING'
      ? [...anywhere, ...outward, ...outward]
      : hook === 'user'
        ? anywhere
        : [...anywhere, ...inward];
  return fc.oneof(
    { weight: 30, arbitrary: known(there) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<Match>(
        { kind: 'opaque', text: '-m bpf' },
        { kind: 'opaque', text: '-m limit' },
        { kind: 'unknown', what: 'interfaces' },
      ),
    },
  );
}

function raise(text: string): never {
  throw new Error(text);
}

const verdict = (name: 'ACCEPT' | 'DROP' | 'RETURN' | 'QUEUE'): Target => ({ kind: 'verdict', verdict: name });
const opaque = (text: string): Target => ({ kind: 'opaque', name: text.split(' ')[0] ?? '', text });

function oneTarget(family: Family, table: string, users: readonly string[]): fc.Arbitrary<Target> {
  const to =
    family === 'ip'
      ? ['10.1.2.4', '10.1.2.3:81', '8.8.8.8:53', '10.1.2.3-10.1.2.9', ':80-90', '127.0.0.1:15053']
      : ['2001:db8::7', '[2a00::1]:53', '[::1]:15053', ':80-90'];
  const translation = fc.constantFrom(...to);
  const everywhere: readonly fc.Arbitrary<Target>[] = [
    fc.constantFrom(verdict('ACCEPT'), verdict('RETURN'), verdict('RETURN'), verdict('DROP'), verdict('QUEUE')),
    masked.map((value): Target => ({ kind: 'MARK', value })),
    fc.constantFrom<Target>(
      { kind: 'CONNMARK', value: { action: 'save', nfmask: ALL_BITS, ctmask: ALL_BITS } },
      { kind: 'CONNMARK', value: { action: 'restore', nfmask: ALL_BITS, ctmask: ALL_BITS } },
      { kind: 'CONNMARK', value: { action: 'save', nfmask: 0xff, ctmask: 0xf0 } },
      { kind: 'CONNMARK', value: { action: 'set', value: 0x111, mask: 0xfff } },
    ),
    fc.constantFrom<Target>({ kind: 'none' }, opaque('LOG'), opaque('FOO --bar')),
    ...(users.length === 0 ? [] : [jumps(users), jumps(users)]),
  ];
  const own: Readonly<Record<string, readonly fc.Arbitrary<Target>[]>> = {
    nat: [
      fc.constantFrom<Target>(
        { kind: 'REDIRECT', value: { first: 15001, last: 15001 } },
        { kind: 'REDIRECT', value: { first: 15006, last: 15006 } },
        { kind: 'REDIRECT', value: { first: 80, last: 90 } },
        { kind: 'REDIRECT', value: { any: true } },
      ),
      translation.map((text): Target => ({ kind: 'DNAT', value: { to: text } })),
      translation.map((text): Target => ({ kind: 'SNAT', value: { to: text } })),
      fc.constant(opaque('MASQUERADE')),
    ],
    mangle: [
      fc
        .constantFrom(15001, 15006, 15009, 0)
        .chain((at) =>
          masked.map((mark): Target => ({ kind: 'TPROXY', value: { port: at, address: family === 'ip' ? '0.0.0.0' : '::', mark } })),
        ),
    ],
    raw: [fc.constantFrom<Target>({ kind: 'CT', value: { zone: 1 } }, opaque('NOTRACK'))],
    filter: [fc.constant<Target>({ kind: 'REJECT', value: { with: 'icmp-port-unreachable' } })],
  };
  return fc.oneof(...everywhere, ...(own[table] ?? []), ...(own[table] ?? []));
}

function jumps(users: readonly string[]): fc.Arbitrary<Target> {
  return fc.tuple(fc.constantFrom(...users, 'NOWHERE'), fc.boolean()).map(([chain, goto]) => ({ kind: 'jump', chain, goto }));
}

function rulesOf(family: Family, table: string, hook: string, users: readonly string[], most: number): fc.Arbitrary<readonly Rule[]> {
  const rule = fc
    .tuple(fc.array(oneMatch(family, hook), { maxLength: 3 }), oneTarget(family, table, users))
    .map(([matches, target]) => ({ matches, target }));
  return fc.array(rule, { maxLength: most });
}

const policy: fc.Arbitrary<Policy> = fc.oneof(
  { weight: 20, arbitrary: fc.constant<Policy>('ACCEPT') },
  { weight: 1, arbitrary: fc.constantFrom<Policy>('DROP', 'unknown') },
);

// A chain may jump only to those behind it, so that there are no loops.
const USERS = ['ONE', 'TWO'];

function tableOf(family: Family, name: string): fc.Arbitrary<Ruleset['tables'][number]> {
  const builtIn = (BUILT_IN_CHAINS[name] ?? []).map((hook) =>
    fc.tuple(policy, rulesOf(family, name, hook, USERS, 3)).map(([own, rules]): Chain => ({ name: hook, policy: own, rules })),
  );
  const users = USERS.map((chain, index) =>
    rulesOf(family, name, 'user', USERS.slice(index + 1), 2).map((rules): Chain => ({ name: chain, policy: '-', rules })),
  );
  return fc.tuple(...builtIn, ...users).map((chains) => ({ name, chains }));
}

/** A ruleset with rules in some of its tables. */
export function randomRuleset(family: Family): fc.Arbitrary<Ruleset> {
  const tables = ['raw', 'mangle', 'nat', 'filter'].map((name) => fc.option(tableOf(family, name), { nil: undefined, freq: 2 }));
  return fc.tuple(...tables).map((all) => ({ family, tables: all.filter((table) => table !== undefined) }));
}

const near = (values: readonly number[], low: number): fc.Arbitrary<number> =>
  fc.tuple(fc.constantFrom(...values), fc.constantFrom(0, 0, 0, 1, -1, 9, 10)).map(([value, by]) => Math.max(low, value + by));

/** A packet of the scope in which behaviour is compared: nothing of it is left open. */
export function randomPacket(family: Family): fc.Arbitrary<Packet> {
  const owners = fc.oneof(
    { weight: 9, arbitrary: fc.record({ uid: near(OWNERS, 0), gid: near(OWNERS, 0) }) },
    { weight: 1, arbitrary: fc.constant({ uid: null, gid: null }) },
  );
  const common = {
    protocol: fc.constantFrom('tcp', 'tcp', 'tcp', 'udp', 'icmp', 'sctp', '47'),
    source: fc.constantFrom(...ADDRESSES[family]),
    destination: fc.constantFrom(...ADDRESSES[family]),
    sourcePort: near(PORTS, 0),
    destinationPort: near(PORTS, 0),
    state: fc.constantFrom('NEW' as const, 'NEW' as const, 'INVALID' as const),
    socket: fc.boolean(),
  };
  const outside = (all: readonly string[]): fc.Arbitrary<string> => fc.constantFrom(...all.filter((text) => !/^(127\.|::1$)/.test(text)));
  const own = RANDOM_HOST.interfaces.flatMap(({ addresses }) => addresses);
  const arriving = {
    ...common,
    source: outside(ADDRESSES[family].filter((text) => !own.includes(text))),
    destination: outside(ADDRESSES[family]),
    inInterface: fc.constantFrom('eth0', 'eth1', 'tap0'),
    outInterface: fc.constantFrom('eth0', 'eth1', 'tap0'),
  };
  const remote = fc.record(arriving).map((packet): Packet => ({ family, origin: 'remote', mark: 0, ...packet }));
  const local = fc
    .tuple(fc.record({ ...common, outInterface: fc.constantFrom('eth0', 'eth1', 'tap0'), mark: fc.constantFrom(...MARKS) }), owners)
    .map(([packet, own]): Packet => ({ family, origin: 'local', ...packet, ...own }));
  return fc.oneof(remote, local);
}
