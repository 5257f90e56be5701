/** What to change outside the packet filter, from what is there and what is wanted. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Rule } from '../../netfilter/rule.ts';
import type { Routing } from '../plan/routing.ts';

/** A policy rule as `ip rule` lists it. */
export interface LiveRule {
  readonly family: Family;
  readonly priority: number;
  readonly mark: number;
  readonly table: number;
  /** Whether it asks for the whole mark and nothing else (no mask, no `from`, no `iif`). */
  readonly plain: boolean;
  /** Of a rule that neither the kernel made nor looks like ours. */
  readonly foreign?: ForeignRule;
}

export interface ForeignRule {
  /** As `ip rule` shows it. */
  readonly words: string;
  /** Whether the packets that it is for have no route. */
  readonly refuses: boolean;
  /** Bits of the mark that it asks for; none where it asks for no mark. */
  readonly mask: number;
}

/** A route of a table that a policy rule or a plan names. */
export interface LiveRoute {
  readonly family: Family;
  readonly table: number;
  /** Whether it is `local default dev lo`. */
  readonly localDefault: boolean;
  /** Whether what it is for does not leave: it is delivered here, or refused. */
  readonly ends?: boolean;
}

/** An address of `lo`, with its prefix (`::6/128`). */
export interface LiveAddress {
  readonly family: Family;
  readonly address: string;
}

export interface LiveRouting {
  readonly rules: readonly LiveRule[];
  readonly routes: readonly LiveRoute[];
  readonly addresses: readonly LiveAddress[];
}

/** One thing to add, or to remove. */
export type RoutingItem =
  | { readonly kind: 'address'; readonly family: Family; readonly address: string; readonly device: 'lo' }
  | { readonly kind: 'route'; readonly family: Family; readonly table: number; readonly device: 'lo' }
  /** `priority` names one of several equal rules; a rule to add has none. */
  | { readonly kind: 'rule'; readonly family: Family; readonly mark: number; readonly table: number; readonly priority?: number };

export interface RoutingChanges {
  /** To be added before the packet filter changes, in this order: a packet that is marked has its route by then. */
  readonly before: readonly RoutingItem[];
  /** To be removed after it has changed, in this order. */
  readonly after: readonly RoutingItem[];
}

// What every release uses unless told otherwise: known even where a run was stopped after its rules were gone.
const USUAL_MARK = 1337;
const USUAL_TABLE = 133;

// The address that only Istio's proxy delivers from (istio-history, 1.2 #8).
const PASSTHROUGH = '::6/128';

/**
 * What to add before the rules change and what to remove after: looked up first, so that nothing is ever
 * doubled, and of doubles one stays. Ours are rules for a mark that our rules use (`marks`: those seen live),
 * or that is wanted, to a table that holds at most the one route of ours; everything else stays.
 */
export function routingChanges(live: LiveRouting, desired: Routing, marks: ReadonlySet<number>): RoutingChanges {
  const parts = FAMILIES.map((family) => ofFamily(family, live, desired, marks));
  return { before: parts.flatMap(({ before }) => before), after: parts.flatMap(({ after }) => after) };
}

function ofFamily(family: Family, live: LiveRouting, desired: Routing, marks: ReadonlySet<number>): RoutingChanges {
  const of = <V extends { readonly family: Family }>(list: readonly V[]): readonly V[] => list.filter((item) => item.family === family);
  const [rules, routes, addresses] = [of(live.rules), of(live.routes), of(live.addresses)];
  const want = { rules: of(desired.rules), routes: of(desired.routes), addresses: of(desired.addresses) };
  const known = new Set([...marks, ...want.rules.map(({ mark }) => mark), USUAL_MARK]);
  const holdsOnlyOurs = (table: number): boolean => routes.every((route) => route.table !== table || route.localDefault);
  const ours = rules.filter(({ mark, table, plain }) => plain && known.has(mark) && holdsOnlyOurs(table));

  const isDesired = (rule: LiveRule): boolean =>
    want.rules.some(({ mark, table }) => rule.plain && rule.mark === mark && rule.table === table);
  const first = (rule: LiveRule): boolean =>
    rules.find(({ plain, mark, table }) => plain && mark === rule.mark && table === rule.table) === rule;
  const staleRules = rules.filter((rule) => (isDesired(rule) ? !first(rule) : ours.includes(rule)));
  const stillUsed = (table: number): boolean =>
    rules.some((rule) => rule.table === table && !staleRules.includes(rule)) || want.routes.some((route) => route.table === table);
  const ourTables = new Set([...ours.map(({ table }) => table), USUAL_TABLE]);
  const staleTables = [...ourTables].filter(
    (table) => holdsOnlyOurs(table) && routes.some((route) => route.table === table) && !stillUsed(table),
  );

  return {
    before: [
      ...want.addresses
        .filter(({ address }) => !addresses.some((there) => there.address === address))
        .map(({ address, device }): RoutingItem => ({ kind: 'address', family, address, device })),
      ...want.routes
        .filter(({ table }) => !routes.some((route) => route.table === table && route.localDefault))
        .map(({ table, device }): RoutingItem => ({ kind: 'route', family, table, device })),
      ...want.rules
        .filter(({ mark, table }) => !rules.some((rule) => rule.plain && rule.mark === mark && rule.table === table))
        .map(({ mark, table }): RoutingItem => ({ kind: 'rule', family, mark, table })),
    ],
    after: [
      ...staleRules.map(({ mark, table, priority }): RoutingItem => ({ kind: 'rule', family, mark, table, priority })),
      ...staleTables.map((table): RoutingItem => ({ kind: 'route', family, table, device: 'lo' })),
      ...(addresses.some(({ address }) => address === PASSTHROUGH) && !want.addresses.some(({ address }) => address === PASSTHROUGH)
        ? [{ kind: 'address', family, address: PASSTHROUGH, device: 'lo' } as const]
        : []),
    ],
  };
}

/** The marks that rules set or ask for: with those of our live rules, stale policy routing is recognised. */
export function marksOf(rules: Iterable<Rule>): ReadonlySet<number> {
  const marks = new Set<number>();
  for (const { matches, target } of rules) {
    for (const match of matches) if (match.kind === 'mark' || match.kind === 'connmark') marks.add(match.value.value);
    if (target.kind === 'MARK') marks.add(target.value.value);
    if (target.kind === 'TPROXY') marks.add(target.value.mark.value);
  }
  return marks;
}

/** The item in the words of the `ip` program: `ip -4 rule add fwmark 1337 lookup 133`. */
export function routingCommand(operation: 'add' | 'del', item: RoutingItem): readonly string[] {
  const flag = item.family === 'ip' ? '-4' : '-6';
  switch (item.kind) {
    case 'address':
      return ['ip', flag, 'addr', operation, item.address, 'dev', item.device];
    case 'route':
      return ['ip', flag, 'route', operation, 'local', 'default', 'dev', item.device, 'table', `${item.table}`];
    case 'rule': {
      const place = item.priority === undefined ? [] : ['priority', `${item.priority}`];
      return ['ip', flag, 'rule', operation, ...place, 'fwmark', `${item.mark}`, 'lookup', `${item.table}`];
    }
    default:
      return item satisfies never;
  }
}
