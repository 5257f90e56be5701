/** Policy routing that TPROXY needs, and the address ::6: what is missing and what is left over. */

import { printNetwork } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import { rulesIn } from '../../../netfilter/rule.ts';
import { LOCAL_TABLE } from '../../../netfilter/trace/kernel-routing.ts';
import type { ForeignRule, LiveRule, RoutingItem } from '../../found/routing-changes.ts';
import { marksOf, routingChanges, routingCommand } from '../../found/routing-changes.ts';
import type { Routing } from '../../plan/routing.ts';
import type { Check, Found, Subject } from './subject.ts';
import { hasSidecar, placeText } from './subject.ts';

// What every release uses unless told otherwise.
const USUAL_TABLE = 133;

/** Looks at each family by itself. */
export const policyRouting: Check = (subject) => FAMILIES.flatMap((family) => routingIn(subject, family));

function routingIn(subject: Subject, family: Family): readonly Found[] {
  const { routing, seen } = subject;
  if (routing === undefined || seen.seen[family] !== 'all') return [];
  const rules = rulesIn(seen[family]);
  const marks = tproxyMarks(rules);
  const found = marks.flatMap((mark) => forMark(subject, family, mark));
  if (marks.length > 0) return found;
  const stale = routingChanges(routing, NO_ROUTING, marksOf(rules)).after.filter(
    (item) => item.family === family && item.kind !== 'address',
  );
  if (stale.length === 0) return found;
  const what = stale.map((item) =>
    item.kind === 'rule' ? `mark ${item.mark} to table ${item.table}` : `table ${'table' in item ? item.table : ''}`,
  );
  return [
    { code: 'routing-left', args: { where: placeText(family), what: what.join(', '), command: commands(subject, 'del', stale) }, family },
  ];
}

const NO_ROUTING: Routing = { rules: [], routes: [], addresses: [] };

function tproxyMarks(rules: readonly Rule[]): readonly number[] {
  return [...new Set(rules.flatMap(({ target }) => (target.kind === 'TPROXY' ? [target.value.mark.value] : [])))];
}

/** What is there for packets of one mark: a plain rule to a table that delivers everything here. */
function forMark(subject: Subject, family: Family, mark: number): readonly Found[] {
  const { routing, made, desired } = subject;
  const own = routing?.rules.filter((rule) => rule.family === family && rule.plain && rule.mark === mark) ?? [];
  const delivers = (table: number): boolean =>
    routing?.routes.some((route) => route.family === family && route.table === table && route.localDefault) ?? false;
  const [good, ...more] = own.filter(({ table }) => delivers(table));
  const args = { where: placeText(family), mark: `${mark}` };
  if (good !== undefined) {
    if (more.length === 0) return [];
    const doubles = more.map(({ table, priority }): RoutingItem => ({ kind: 'rule', family, mark, table, priority }));
    return [
      { code: 'routing-doubled', args: { ...args, count: `${more.length + 1}`, command: commands(subject, 'del', doubles) }, family },
    ];
  }
  const table = own[0]?.table ?? (desired ?? made)?.routing.rules.find((rule) => rule.mark === mark)?.table ?? USUAL_TABLE;
  const missing: readonly RoutingItem[] = [
    ...(delivers(table) ? [] : [{ kind: 'route', family, table, device: 'lo' } as const]),
    ...(own.length > 0 ? [] : [{ kind: 'rule', family, mark, table } as const]),
  ];
  return [{ code: 'routing-missing', args: { ...args, command: commands(subject, 'add', missing) }, family }];
}

/** ::6 on lo, where the rules let through what comes from there. */
export const passthroughAddress: Check = (subject) => {
  const { routing, seen } = subject;
  if (routing === undefined || seen.seen.ip6 !== 'all') return [];
  const there = routing.addresses.some(({ address }) => address === PASSTHROUGH);
  const rules = rulesIn(seen.ip6);
  const needed = rules.some(({ matches }) => matches.some((match) => match.kind === 'source' && printNetwork(match.value) === PASSTHROUGH));
  const item: RoutingItem = { kind: 'address', family: 'ip6', address: PASSTHROUGH, device: 'lo' };
  if (needed && !there) return [{ code: 'passthrough-missing', args: { command: commands(subject, 'add', [item]) }, family: 'ip6' }];
  if (!there || needed || hasSidecar(subject, 'ip6')) return [];
  return [{ code: 'passthrough-left', args: { command: commands(subject, 'del', [item]) }, family: 'ip6' }];
};

const PASSTHROUGH = '::6/128';

/** Rules of others: the kernel asks them before it asks iptables what it sends, and again for what was marked. */
export const foreignPolicy: Check = (subject) =>
  (subject.routing?.rules ?? []).flatMap((rule): readonly Found[] => {
    if (rule.foreign === undefined || !hasSidecar(subject, rule.family)) return [];
    const effect = effectOf(subject, rule, rule.foreign);
    const args = { where: placeText(rule.family), rule: rule.foreign.words, effect: effect ?? '' };
    return [{ code: effect === undefined ? 'policy-rule' : 'policy-rule-first', args, family: rule.family }];
  });

/** What a rule does to the capture; undefined where it only chooses another way out. */
function effectOf(
  { routing, seen }: Subject,
  { family, priority, mark, table }: LiveRule,
  { refuses, mask }: ForeignRule,
): string | undefined {
  if (refuses) return 'what it is for has no route, and no rule of iptables is asked';
  const routes = routing?.routes.filter((route) => route.family === family && route.table === table) ?? [];
  const own = tproxyMarks(rulesIn(seen[family]));
  const delivers = routes.some(({ localDefault }) => localDefault);
  const first = (ours: number): boolean =>
    !(routing?.rules ?? []).some((rule) => rule.family === family && rule.plain && rule.mark === ours && rule.priority < priority);
  // Without a mark it asks of the packet itself, and what was marked may be among those.
  if (!delivers && own.some((ours) => first(ours) && ((ours ^ mark) & mask) === 0)) return 'what TPROXY has marked may meet it first';
  if (table !== LOCAL_TABLE && routes.some(({ ends }) => ends))
    return 'its table delivers here, or refuses, what would leave the pod: as traffic of lo that is not captured';
  return undefined;
}

function commands({ reach }: Subject, operation: 'add' | 'del', items: readonly RoutingItem[]): string {
  return items.map((item) => `${reach?.prefix ?? ''}${routingCommand(operation, item).join(' ')}`).join('; ');
}
