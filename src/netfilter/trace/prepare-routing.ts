/** Routing made ready to be asked: rules in their order, the routes of each table by the length of their prefix. */

import { networkRange } from '../address/address.ts';
import { parseNetwork } from '../address/network.ts';
import type { Range, Ranges } from '../address/ranges.ts';
import { union } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import type { KernelRouting, PolicyRule, TableRoute } from './kernel-routing.ts';
import { DEFAULT_TABLE, LOCAL_TABLE, MAIN_TABLE } from './kernel-routing.ts';

export interface PreparedRoute extends TableRoute {
  readonly range: Range;
  readonly prefix: number;
}

export interface PreparedPolicyRule extends PolicyRule {
  /** Undefined where it asks for none. */
  readonly source: Range | undefined;
  readonly destination: Range | undefined;
}

export interface PreparedRouting {
  readonly rules: readonly PreparedPolicyRule[];
  readonly tables: ReadonlyMap<number, readonly PreparedRoute[]>;
  /** What the table of own addresses delivers here. */
  readonly local: Ranges;
  /** Whether there is more than the three rules that each namespace has, or a local route that somebody made: IPv4 then checks sources by their routes. */
  readonly custom: boolean;
  readonly reversePath: Readonly<Record<string, number>>;
}

/** The rules that each namespace has: the table that each priority looks up. */
const USUAL: ReadonlyMap<number, number> = new Map([
  [0, LOCAL_TABLE],
  [32766, MAIN_TABLE],
  [32767, DEFAULT_TABLE],
]);

export function prepareRouting({ rules, routes, reversePath = {} }: KernelRouting, family: Family): PreparedRouting {
  const own = rules.filter((rule) => rule.family === family).toSorted((a, b) => a.priority - b.priority);
  const prepared = routes.filter((route) => route.family === family).map(prepareRoute);
  const tables = new Map<number, PreparedRoute[]>();
  for (const route of prepared.toSorted(
    (a, b) => b.prefix - a.prefix || Number(a.range.first > b.range.first) - Number(a.range.first < b.range.first) || a.metric - b.metric,
  ))
    tables.set(route.table, [...(tables.get(route.table) ?? []), route]);
  const local = (tables.get(LOCAL_TABLE) ?? []).filter(({ type }) => type === 'local');
  const usual = own.every(isUsual);
  if (family === 'ip' && usual) tables.set(LOCAL_TABLE, localAndMain(tables));
  return {
    rules: own.map((rule) => ({ ...rule, source: rangeOf(rule.from), destination: rangeOf(rule.to) })),
    tables,
    local: union(local.map(({ range }) => range)),
    custom: !usual || prepared.some(({ type, byKernel }) => type === 'local' && byKernel !== true),
    reversePath,
  };
}

/**
 * Until a namespace gets its first rule, IPv4 keeps the tables of own addresses and `main` in one trie (net/ipv4/fib_frontend.c,
 * `fib_unmerge`): the longest prefix of both is taken, and own addresses come first only of equals.
 */
function localAndMain(tables: ReadonlyMap<number, readonly PreparedRoute[]>): PreparedRoute[] {
  return [...(tables.get(LOCAL_TABLE) ?? []), ...(tables.get(MAIN_TABLE) ?? [])].toSorted((a, b) => b.prefix - a.prefix);
}

function isUsual(rule: PolicyRule): boolean {
  const { priority, action } = rule;
  const isBare = Object.keys(rule).length === BARE.length;
  return isBare && action.kind === 'lookup' && action.suppress === undefined && action.table === USUAL.get(priority);
}

const BARE = ['family', 'priority', 'action'] as const satisfies readonly (keyof PolicyRule)[];

function prepareRoute(route: TableRoute): PreparedRoute {
  const network = parseNetwork(route.destination);
  if (network === null) throw new RangeError(`${route.destination} is not a network`);
  return { ...route, range: networkRange(network), prefix: network.prefix };
}

function rangeOf(text: string | undefined): Range | undefined {
  const network = text === undefined ? null : parseNetwork(text);
  return network === null ? undefined : networkRange(network);
}
