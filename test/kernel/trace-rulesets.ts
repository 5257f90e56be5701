/** Rules that nobody made for Istio: whatever is understood of matches and targets, wherever a kernel takes it. */

import type { Network } from '../../src/netfilter/address/network.ts';
import { parseNetwork } from '../../src/netfilter/address/network.ts';
import type { Family } from '../../src/netfilter/family.ts';
import type { Masked, PortRange } from '../../src/netfilter/numbers.ts';
import type { KnownMatch } from '../../src/netfilter/rule/match.ts';
import { match, not } from '../../src/netfilter/rule/match.ts';
import { normalForm } from '../../src/netfilter/rule/normal.ts';
import type { Target } from '../../src/netfilter/rule/target.ts';
import type { Chain, Policy, Rule, Ruleset } from '../../src/netfilter/rule.ts';
import { BUILT_IN_CHAINS } from '../../src/netfilter/rule.ts';
import type { Random } from './packets-random.ts';
import { DEVICE_NAMES } from './tracing-place.ts';

const NETWORKS: Readonly<Record<Family, readonly string[]>> = {
  ip: ['10.1.2.3', '10.0.0.0/8', '10.200.0.0/16', '10.200.1.3', '127.0.0.0/8', '127.0.0.1', '203.0.113.0/24', '10.9.9.9'],
  ip6: ['fd00:1::3', 'fd00::/16', 'fd00:c801::/32', 'fd00:c801::3', '::1', '2001:db8::/32', 'fd00:9::9'],
};
const PORTS: readonly PortRange[] = [
  ...[53, 80, 443, 8080, 15001, 15006].map((port) => ({ first: port, last: port })),
  ...[
    { first: 0, last: 1023 },
    { first: 80, last: 443 },
    { first: 15000, last: 15999 },
  ],
];
const IDS = [
  { first: 0, last: 0 },
  { first: 1000, last: 1000 },
  { first: 1337, last: 1337 },
  { first: 1000, last: 1337 },
];
const MARKS: readonly Masked[] = [
  ...[0, 1, 2, 1337].map((value) => ({ value, mask: 0xffffffff })),
  ...[
    { value: 1, mask: 1 },
    { value: 0x530, mask: 0xff0 },
    { value: 0, mask: 0xff },
  ],
];
const STATES = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];
const LISTENING = [15001, 15006, 80];
// What arrives has no way to loopback.
const TO: Readonly<Record<'OUTPUT' | 'PREROUTING', Readonly<Record<Family, readonly string[]>>>> = {
  OUTPUT: {
    ip: ['127.0.0.1:15001', '10.1.2.3:80', ':15006', '10.9.9.9:8080'],
    ip6: ['[::1]:15001', '[fd00:1::3]:80', ':15006', '[fd00:9::9]:8080'],
  },
  PREROUTING: {
    ip: ['10.9.9.9', '10.9.9.9:8080', '10.1.2.3:80', ':15006'],
    ip6: ['fd00:9::9', '[fd00:9::9]:8080', '[fd00:1::3]:80', ':15006'],
  },
};

const VERDICTS = ['ACCEPT', 'DROP', 'RETURN', 'RETURN', 'RETURN'] as const;

/** A ruleset with some of the tables, some of their chains, and chains of users behind those. */
export function randomRuleset(family: Family, random: Random): Ruleset {
  const tables = ['mangle', 'raw', 'filter', 'nat'].filter(() => random.chance(0.75));
  return normalForm({
    family,
    tables: tables.map((name) => ({
      name,
      chains: (BUILT_IN_CHAINS[name] ?? []).filter(() => random.chance(0.7)).flatMap((hook) => chainsFor(name, hook, family, random)),
    })),
  });
}

function chainsFor(table: string, hook: string, family: Family, random: Random): readonly Chain[] {
  const users = [`${hook}_A`, `${hook}_B`];
  const rules = (callable: readonly string[]): readonly Rule[] =>
    Array.from({ length: random.whole(1, 5) }, () => randomRule(table, hook, family, callable, random));
  // In nat nobody may drop.
  const policy: Policy = table !== 'nat' && random.chance(0.1) ? 'DROP' : 'ACCEPT';
  return [
    { name: hook, policy, rules: rules(users) },
    { name: users[0] as string, policy: '-', rules: rules(users.slice(1)) },
    { name: users[1] as string, policy: '-', rules: rules([]) },
  ];
}

function randomRule(table: string, hook: string, family: Family, callable: readonly string[], random: Random): Rule {
  const target = randomTarget(table, hook, family, callable, random);
  // TPROXY gets first packets only: later ones have sockets of their own, and it asks whether those are transparent.
  const first = target.kind === 'TPROXY';
  const kinds = [...new Set(random.some(kindsAt(hook), random.whole(0, 3)))].filter((kind) => !first || kind !== 'conntrack-state');
  // iptables-nft 1.8.9 makes one comparison of two negated ports, which asks for less than both.
  const twoPorts = kinds.includes('source-port') && kinds.includes('destination-port');
  const asked = kinds.map((kind) => {
    const one = positiveMatch(kind, family, random);
    return kind !== 'socket' && random.chance(0.3) && !(twoPorts && kind === 'source-port') ? not(one) : one;
  });
  const only = PROTOCOL_OF[target.kind] ?? (kinds.includes('socket') ? ['tcp'] : undefined);
  return {
    matches: [
      ...protocolFor(only ?? (kinds.some(isPort) ? ['tcp', 'tcp', 'udp'] : undefined), family, random),
      ...asked,
      ...(first ? [match('conntrack-state', ['NEW'])] : []),
    ],
    target,
  };
}

/** One that has to be there, or perhaps any. */
function protocolFor(list: readonly string[] | undefined, family: Family, random: Random): readonly KnownMatch[] {
  if (list !== undefined) return [match('protocol', random.pick(list))];
  const any = match('protocol', random.pick(['tcp', 'udp', family === 'ip' ? 'icmp' : 'ipv6-icmp']));
  return random.chance(0.6) ? [] : [random.chance(0.2) ? not(any) : any];
}

type Kind = KnownMatch['kind'];

function isPort(kind: Kind): boolean {
  return ['source-port', 'destination-port', 'source-ports', 'destination-ports', 'either-ports'].includes(kind);
}

const PROTOCOL_OF: { readonly [K in Target['kind']]?: readonly string[] } = {
  TPROXY: ['tcp'],
  REDIRECT: ['tcp', 'tcp', 'udp'],
  DNAT: ['tcp', 'tcp', 'udp'],
};

function kindsAt(hook: string): readonly Kind[] {
  const arrives = ['PREROUTING', 'INPUT', 'FORWARD'].includes(hook);
  const leaves = ['FORWARD', 'OUTPUT', 'POSTROUTING'].includes(hook);
  return [
    ...(['source', 'destination', 'destination', 'destination-port', 'source-port', 'destination-ports', 'either-ports'] as const),
    'mark',
    'mark',
    ...(['source-type', 'destination-type'] as const),
    ...(['conntrack-state', 'state', 'connmark'] as const),
    ...(arrives ? (['in-interface'] as const) : []),
    ...(leaves ? (['out-interface'] as const) : []),
    ...(hook === 'OUTPUT' || hook === 'POSTROUTING' ? (['uid-owner', 'gid-owner'] as const) : []),
    ...(hook === 'PREROUTING' || hook === 'INPUT' ? (['socket'] as const) : []),
  ];
}

function positiveMatch(kind: Kind, family: Family, random: Random): KnownMatch {
  switch (kind) {
    case 'source':
    case 'destination':
      return match(kind, parseNetwork(random.pick(NETWORKS[family])) as Network);
    case 'in-interface':
    case 'out-interface':
      return match(kind, random.pick(['lo', 'eth+', ...DEVICE_NAMES]));
    case 'protocol':
      return match(kind, 'tcp');
    case 'source-port':
    case 'destination-port':
      return match(kind, random.pick(PORTS));
    case 'source-ports':
    case 'destination-ports':
    case 'either-ports':
      return match(kind, random.some(PORTS.slice(0, 7), random.whole(1, 3)));
    case 'uid-owner':
    case 'gid-owner':
      return match(kind, random.pick(IDS));
    case 'conntrack-state':
    case 'state':
      return match(
        kind,
        STATES.filter(() => random.chance(0.3))
          .concat(random.pick(['NEW', 'ESTABLISHED']))
          .filter((state, index, all) => all.indexOf(state) === index),
      );
    case 'mark':
    case 'connmark':
      return match(kind, random.pick(MARKS));
    case 'source-type':
    case 'destination-type':
      return match(kind, ['LOCAL']);
    case 'socket':
      return match(kind, true);
    case 'comment':
      return match(kind, 'nothing');
    default:
      return kind satisfies never;
  }
}

function randomTarget(table: string, hook: string, family: Family, callable: readonly string[], random: Random): Target {
  if (callable.length > 0 && random.chance(0.4)) return { kind: 'jump', chain: random.pick(callable), goto: random.chance(0.25) };
  if (random.chance(0.1)) return { kind: 'none' };
  const own = ownTarget(table, hook, family, random);
  if (own !== undefined && random.chance(0.6)) return own;
  const verdict = random.pick(VERDICTS);
  return { kind: 'verdict', verdict: verdict === 'DROP' && (table === 'nat' || random.chance(0.5)) ? 'ACCEPT' : verdict };
}

/** What only this table may do there. */
function ownTarget(table: string, hook: string, family: Family, random: Random): Target | undefined {
  const port = random.pick(LISTENING);
  // No zones: an answer in another one than its flow's is a flow of its own, which the kernel may find no room for.
  if (table === 'raw') return undefined;
  if (table === 'nat') {
    if (hook !== 'PREROUTING' && hook !== 'OUTPUT') return undefined;
    if (random.chance(0.4)) return { kind: 'DNAT', value: { to: random.pick(TO[hook][family]) } };
    return { kind: 'REDIRECT', value: random.chance(0.2) ? { any: true } : { first: port, last: port } };
  }
  if (table === 'mangle') {
    if (hook === 'PREROUTING' && random.chance(0.3))
      return { kind: 'TPROXY', value: { port, address: family === 'ip' ? '0.0.0.0' : '::', mark: random.pick(MARKS) } };
    if (random.chance(0.3)) {
      const masks = [0xffffffff, 0xff, 0xff0];
      if (random.chance(0.3)) return { kind: 'CONNMARK', value: { action: 'set', ...random.pick(MARKS) } };
      return {
        kind: 'CONNMARK',
        value: { action: random.pick(['save', 'restore'] as const), nfmask: random.pick(masks), ctmask: random.pick(masks) },
      };
    }
    return { kind: 'MARK', value: random.pick(MARKS) };
  }
  if (random.chance(0.3)) return { kind: 'NFLOG', value: { prefix: 'seen', group: 5, size: 0 } };
  return { kind: 'REJECT', value: { with: family === 'ip' ? 'icmp-port-unreachable' : 'icmp6-port-unreachable' } };
}
