/** Asks the kernel's routing for the route of a packet: one policy rule after the other, each with its table. */

import type { Lookup } from './lookup-fields.ts';
import { isIn, RULE_FIELDS } from './lookup-fields.ts';
import type { PreparedPolicyRule, PreparedRoute, PreparedRouting } from './prepare-routing.ts';
import type { Walk } from './walk.ts';

/** What a lookup finds; `refused` where a rule or a route says so, or where there is none. */
export interface Found {
  readonly type: PreparedRoute['type'];
  readonly route: PreparedRoute | undefined;
  /** Whether the rule that led to it asks for a mark. */
  readonly byMark: boolean;
  /** What refused it, in a word. */
  readonly refusal?: string;
}

/** Looks up a route. What a rule asks for and the packet does not say is asked of the oracle. */
export function routeFor(walk: Walk, routing: PreparedRouting, lookup: Lookup): Found {
  const { rules } = routing;
  for (let index = 0; index < rules.length; index += 1) {
    const rule = rules[index];
    if (rule === undefined || holds(walk, rule, lookup) === (rule.not === true)) continue;
    const { action } = rule;
    if (action.kind === 'nop') continue;
    if (action.kind === 'refuse') return { type: 'refuse', route: undefined, byMark: false, refusal: `${action.word} by a policy rule` };
    if (action.kind === 'goto') {
      const target = rules.findIndex(({ priority }) => priority === action.priority);
      // A target that is not there, or not behind it, is passed over.
      if (target > index) index = target - 1;
      continue;
    }
    const route = inTable(walk, routing.tables.get(action.table) ?? [], lookup);
    if (route === undefined || (action.suppress !== undefined && route.prefix <= action.suppress)) continue;
    return { type: route.type, route, byMark: rule.mark !== undefined, ...(route.type === 'refuse' && { refusal: 'refused by a route' }) };
  }
  return { type: 'refuse', route: undefined, byMark: false, refusal: 'no route' };
}

function holds(walk: Walk, rule: PreparedPolicyRule, lookup: Lookup): boolean {
  return RULE_FIELDS.every((test) => test(walk, rule, lookup));
}

/** The longest prefix; `throw` goes back to the rules. */
function inTable(walk: Walk, routes: readonly PreparedRoute[], lookup: Lookup): PreparedRoute | undefined {
  for (const [index, route] of routes.entries()) {
    if (route.prefix > 0 && !isIn(walk, 'destination', route.range, route.destination, lookup)) continue;
    if (isOther(route, lookup.bound)) continue;
    if (route.type === 'throw') return undefined;
    return route.family === 'ip6' ? withEquals(walk, route, routes.slice(index + 1), lookup) : route;
  }
  return undefined;
}

function isOther({ type, interfaces }: PreparedRoute, bound: string | undefined): boolean {
  return bound !== undefined && type !== 'local' && interfaces.length > 0 && !interfaces.includes(bound);
}

/** Of equal routes IPv6 prefers that of the interface a packet came in by; of the others nobody can foretell one (rt6_score_route). */
function withEquals(walk: Walk, route: PreparedRoute, others: readonly PreparedRoute[], lookup: Lookup): PreparedRoute {
  const last = others.findIndex(
    ({ prefix, metric, destination }) => prefix !== route.prefix || metric !== route.metric || destination !== route.destination,
  );
  const equal = [route, ...others.slice(0, last < 0 ? others.length : last)].filter(({ type }) => type === route.type);
  if (equal.length === 1) return route;
  const here = lookup.iif === undefined && typeof walk.inInterface === 'string' ? walk.inInterface : undefined;
  const near = here === undefined ? undefined : equal.find(({ interfaces }) => interfaces.includes(here));
  if (near !== undefined) return near;
  const { source: _, gateway: _gateway, ...rest } = route;
  return { ...rest, interfaces: [...new Set(equal.flatMap(({ interfaces }) => interfaces))] };
}
