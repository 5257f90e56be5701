/** Reads what `ip -json -Numeric` lists: interfaces, policy rules, routes. */

import { addressBits } from '../../netfilter/address/network.ts';
import type { Family } from '../../netfilter/family.ts';
import { ALL_BITS } from '../../netfilter/numbers.ts';
import type { Interface } from '../../netfilter/trace/host.ts';
import type { PolicyRule, RouteType, RuleAction, Span, TableRoute } from '../../netfilter/trace/kernel-routing.ts';
import { DEFAULT_TABLE, LOCAL_TABLE, MAIN_TABLE } from '../../netfilter/trace/kernel-routing.ts';

type Listed = Readonly<Record<string, unknown>>;

/** `ip -json addr show`; addresses that can't be used yet, or any more, are left out. */
export function readInterfaces(text: string): readonly Interface[] {
  return (JSON.parse(text) as readonly Listed[])
    .filter(({ ifname }) => typeof ifname === 'string')
    .map(({ ifname, addr_info = [] }) => {
      const usable = (addr_info as readonly Listed[]).filter(
        (one) => typeof one['local'] === 'string' && one['tentative'] !== true && one['dadfailed'] !== true,
      );
      return {
        name: String(ifname),
        addresses: usable.map(({ local }) => String(local)),
        networks: usable.map(({ local, prefixlen }) => `${local}/${prefixlen}`),
      };
    });
}

/** One family's `rule show` and `route show table all`, as `ip -json -batch` prints them: a list on a line each. */
export function readRouting(
  text: string,
  family: Family,
): { readonly rules: readonly PolicyRule[]; readonly routes: readonly TableRoute[] } {
  const [rules = [], routes = []] = text
    .split('\n')
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as readonly Listed[]);
  return { rules: rules.map((rule) => readRule(rule, family)), routes: routes.map((route) => readRoute(route, family)) };
}

/** Of the kernel's book-keeping, or read below. */
const KNOWN: readonly string[] = [
  ...['priority', 'protocol', 'not', 'src', 'srclen', 'dst', 'dstlen', 'fwmark', 'fwmask', 'iif', 'iif_detached', 'oif', 'oif_detached'],
  ...['uid_start', 'uid_end', 'ipproto', 'sport', 'sport_start', 'sport_end', 'dport', 'dport_start', 'dport_end', 'tos'],
  ...['table', 'suppress_prefixlen', 'action', 'goto', 'unresolved', 'nop', 'realms', 'flowfrom', 'flowto'],
];

function readRule(rule: Listed, family: Family): PolicyRule {
  const unreadable = Object.keys(rule).filter((key) => !KNOWN.includes(key));
  // What nobody gave a type of service has none.
  const never = rule['tos'] !== undefined && Number(rule['tos']) !== 0;
  return {
    family,
    priority: Number(rule['priority'] ?? 0),
    ...('not' in rule && { not: true }),
    ...optional('from', networkOf(rule['src'], rule['srclen'], family)),
    ...optional('to', networkOf(rule['dst'], rule['dstlen'], family)),
    ...(rule['fwmark'] !== undefined && { mark: { value: Number(rule['fwmark']), mask: Number(rule['fwmask'] ?? ALL_BITS) } }),
    ...(rule['iif'] !== undefined && { iif: String(rule['iif']) }),
    ...(rule['oif'] !== undefined && { oif: String(rule['oif']) }),
    ...optional('users', rule['uid_start'] === undefined ? undefined : { first: Number(rule['uid_start']), last: Number(rule['uid_end']) }),
    ...optional('protocol', protocolOf(rule['ipproto'])),
    ...optional('sourcePorts', spanOf(rule, 'sport')),
    ...optional('destinationPorts', spanOf(rule, 'dport')),
    ...(unreadable.length > 0 && {
      unreadable: `${rule['priority']}: ${unreadable.map((key) => `${key} ${String(rule[key] ?? '')}`.trim()).join(' ')}`,
    }),
    action: never ? { kind: 'nop' } : actionOf(rule),
  };
}

function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}

function networkOf(address: unknown, length: unknown, family: Family): string | undefined {
  if (typeof address !== 'string' || address === 'all') return undefined;
  return address.includes('/') ? address : `${address}/${typeof length === 'number' ? length : addressBits(family)}`;
}

/** A name, a number, or `ipproto-6`. */
function protocolOf(value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const text = String(value);
  const names: Readonly<Record<string, number>> = { icmp: 1, tcp: 6, udp: 17, 'ipv6-icmp': 58, sctp: 132, dccp: 33 };
  return names[text] ?? Number(text.replace(/^ipproto-/, ''));
}

function spanOf(rule: Listed, key: 'sport' | 'dport'): Span | undefined {
  const first = rule[key] ?? rule[`${key}_start`];
  return first === undefined ? undefined : { first: Number(first), last: Number(rule[key] ?? rule[`${key}_end`]) };
}

// Numbers as in include/uapi/linux/fib_rules.h.
const REFUSALS: Readonly<Record<string, string>> = {
  '6': 'blackhole',
  '7': 'unreachable',
  '8': 'prohibit',
  blackhole: 'blackhole',
  unreachable: 'unreachable',
  prohibit: 'prohibit',
};

function actionOf(rule: Listed): RuleAction {
  if ('goto' in rule) return { kind: 'goto', priority: Number(rule['goto']) };
  if ('nop' in rule) return { kind: 'nop' };
  const word = REFUSALS[String(rule['action'] ?? '')];
  if (word !== undefined) return { kind: 'refuse', word };
  const suppress = rule['suppress_prefixlen'];
  return { kind: 'lookup', table: tableOf(rule['table']), ...(typeof suppress === 'number' && { suppress }) };
}

const TABLES: Readonly<Record<string, number>> = { local: LOCAL_TABLE, main: MAIN_TABLE, default: DEFAULT_TABLE };

function tableOf(value: unknown): number {
  return value === undefined ? MAIN_TABLE : (TABLES[String(value)] ?? Number(value));
}

// Numbers as in include/uapi/linux/rtnetlink.h.
const TYPES: Readonly<Record<string, RouteType>> = {
  '1': 'unicast',
  '2': 'local',
  '3': 'broadcast',
  '4': 'anycast',
  '5': 'multicast',
  '9': 'throw',
  unicast: 'unicast',
  local: 'local',
  broadcast: 'broadcast',
  anycast: 'anycast',
  multicast: 'multicast',
  throw: 'throw',
};

function readRoute(route: Listed, family: Family): TableRoute {
  const type = TYPES[String(route['type'] ?? 'unicast')] ?? 'refuse';
  const hops = ((route['nexthops'] as readonly Listed[] | undefined) ?? [route]).filter((hop) => hop['dev'] !== undefined && !isDead(hop));
  const [hop, another] = hops;
  const gateway = another === undefined ? hop?.['gateway'] : undefined;
  const everywhere = family === 'ip' ? '0.0.0.0/0' : '::/0';
  const text = String(route['dst'] ?? 'default');
  return {
    family,
    table: tableOf(route['table']),
    destination: text === 'default' ? everywhere : text.includes('/') ? text : `${text}/${addressBits(family)}`,
    type,
    metric: Number(route['metric'] ?? 0),
    interfaces: type === 'refuse' || type === 'throw' ? [] : [...new Set(hops.map(({ dev }) => String(dev)))],
    ...((route['protocol'] === '2' || route['protocol'] === 'kernel') && { byKernel: true }),
    ...(typeof gateway === 'string' && { gateway }),
    ...(typeof route['prefsrc'] === 'string' && { source: route['prefsrc'] }),
  };
}

function isDead(hop: Listed): boolean {
  return Array.isArray(hop['flags']) && hop['flags'].includes('dead');
}
