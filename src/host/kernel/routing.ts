/** Policy routing as the `ip` program lists and changes it: one process for each family, whatever is asked. */

import type { ForeignRule, LiveRoute, LiveRouting, LiveRule, RoutingItem } from '../../istio/found/routing-changes.ts';
import { routingCommand } from '../../istio/found/routing-changes.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { ALL_BITS } from '../../netfilter/numbers.ts';
import type { Failure } from '../failure/failure.ts';
import { whyFailed } from '../failure/why-failed.ts';
import type { Namespace, NetFiles } from '../namespace/namespace.ts';
import { succeeded } from '../run.ts';
import { passthroughIsThere } from './routing-files.ts';

/** One family's policy rules and routes. */
export type FamilyRouting = Pick<LiveRouting, 'rules' | 'routes'>;

/** What was listed; a family that was not has no policy routing. */
export type RoutingListing = Partial<Readonly<Record<Family, FamilyRouting>>>;

/** Lines for `ip -batch` that list everything; behind lines that change something they show what came of it. */
export const LISTING = 'rule show\nroute show table all\n';

/** JSON, and numbers where /etc/iproute2 has names. */
export function listingCommand(family: Family): readonly [string, ...string[]] {
  return ['ip', '-json', '-Numeric', family === 'ip' ? '-4' : '-6', '-batch', '-'];
}

/** Lists one family's policy routing. */
export async function listRouting(
  namespace: Namespace,
  family: Family,
  deadline: number,
): Promise<FamilyRouting | { readonly failure: Failure }> {
  const ran = await namespace.run({ argv: listingCommand(family), stdin: LISTING, deadline });
  return succeeded(ran) ? readListing(ran.stdout, family) : { failure: await whyFailed(ran, { family }) };
}

/** Reads what {@link LISTING} prints: a JSON list of rules, then one of routes, each on a line. */
export function readListing(text: string, family: Family): FamilyRouting {
  const [rules = [], routes = []] = text
    .split('\n')
    .filter((line) => line.startsWith('['))
    .slice(-2)
    .map((line) => JSON.parse(line) as Listed[]);
  return { rules: rules.map((rule) => liveRule(rule, family)), routes: routes.map((route) => liveRoute(route, family)) };
}

type Listed = Readonly<Record<string, unknown>>;

// What a rule of ours has in a listing, and nothing else.
const PLAIN = ['priority', 'src', 'fwmark', 'table', 'protocol'];
const MAIN_TABLE = 254;
// The three that a namespace is born with ask for nothing.
const OF_KERNEL = ['priority', 'src', 'table', 'protocol'];
const REFUSALS: Readonly<Record<string, string>> = { '6': 'blackhole', '7': 'unreachable', '8': 'prohibit' };

/** `50: from all to 10.0.0.0/8 table 7`, as near to `ip rule` as its JSON allows. */
function foreignRule(rule: Listed): ForeignRule {
  const { priority, src, srclen, dst, dstlen, fwmark, fwmask, action, protocol: _, ...others } = rule;
  const network = (address: unknown, length: unknown): string => `${address}${length === undefined ? '' : `/${length}`}`;
  const word = REFUSALS[String(action)] ?? (action === undefined ? '' : String(action));
  const words = [
    `${priority}: from ${network(src, srclen)}`,
    ...(dst === undefined ? [] : [`to ${network(dst, dstlen)}`]),
    ...(fwmark === undefined ? [] : [`fwmark ${fwmark}${fwmask === undefined ? '' : `/${fwmask}`}`]),
    ...Object.entries(others).map(([key, value]) => (value === null ? key : `${key} ${String(value)}`)),
    ...(word === '' ? [] : [word]),
  ];
  return { words: words.join(' '), refuses: word !== '' && word !== 'nop', mask: fwmark === undefined ? 0 : Number(fwmask ?? ALL_BITS) };
}

function liveRule(rule: Listed, family: Family): LiveRule {
  const plain = rule['src'] === 'all' && 'fwmark' in rule && Object.keys(rule).every((key) => PLAIN.includes(key));
  return {
    family,
    priority: Number(rule['priority'] ?? 0),
    mark: Number(rule['fwmark'] ?? 0),
    table: Number(rule['table'] ?? MAIN_TABLE),
    plain,
    ...(!plain && !(rule['src'] === 'all' && Object.keys(rule).every((key) => OF_KERNEL.includes(key))) && { foreign: foreignRule(rule) }),
  };
}

function liveRoute(route: Listed, family: Family): LiveRoute {
  // `local` is 2 in numbers.
  const local = route['type'] === 'local' || route['type'] === '2';
  return {
    family,
    table: Number(route['table'] ?? MAIN_TABLE),
    localDefault: local && route['dst'] === 'default' && route['dev'] === 'lo',
    ends: local || ['blackhole', 'unreachable', 'prohibit', '6', '7', '8'].includes(String(route['type'])),
  };
}

/** What was listed, and ::6 as /proc/net/if_inet6 shows it. */
export function liveRouting(listing: RoutingListing, netFiles: NetFiles): LiveRouting {
  const listed = FAMILIES.flatMap((family) => listing[family] ?? []);
  return {
    rules: listed.flatMap(({ rules }) => rules),
    routes: listed.flatMap(({ routes }) => routes),
    addresses: passthroughIsThere(netFiles) ? [{ family: 'ip6', address: '::6/128' }] : [],
  };
}

/** Items as lines for `ip -batch`, by family: the commands without `ip -4`. */
export function batchLines(operation: 'add' | 'del', items: readonly RoutingItem[]): Readonly<Record<Family, readonly string[]>> {
  const of = (desired: Family): readonly string[] =>
    items.filter(({ family }) => family === desired).map((item) => routingCommand(operation, item).slice(2).join(' '));
  return { ip: of('ip'), ip6: of('ip6') };
}
