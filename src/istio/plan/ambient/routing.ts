/** Packets of ztunnel's connections are delivered here, whatever their address: whether or not a rule can ever mark one. */

import type { Family } from '../../../netfilter/family.ts';
import type { Because } from '../../../netfilter/rule.ts';
import type { LocalRoute, PolicyRule, Routing } from '../routing.ts';

const BECAUSE: Because = { text: "Packets on ztunnel's connections are delivered to it by table 100.", settings: [] };

function ruleOf(family: Family): PolicyRule {
  return { family, mark: 0x111, mask: 0xfff, preference: 32764, table: 100, because: BECAUSE };
}

function routeOf(family: Family): LocalRoute {
  return { family, device: 'lo', table: 100, because: BECAUSE };
}

function familiesOf(ip6: boolean): readonly Family[] {
  return ip6 ? ['ip', 'ip6'] : ['ip'];
}

function isOwn({ table }: PolicyRule | LocalRoute): boolean {
  return table === 100;
}

function has(list: readonly (PolicyRule | LocalRoute)[], family: Family): boolean {
  return list.some((one) => isOwn(one) && one.family === family);
}

/**
 * The policy rule and the local route of each family, added. The agent takes a policy rule that is there already for
 * all of them, and ends: where only IPv4 had its rule, IPv6 gets none.
 */
export function addedRouting(before: Routing, ip6: boolean): Routing {
  const families = familiesOf(ip6);
  const first = families.findIndex((family) => has(before.rules, family));
  const rules = (first < 0 ? families : families.slice(0, first)).map(ruleOf);
  const routes = families.filter((family) => !has(before.routes, family)).map(routeOf);
  return { ...before, rules: [...before.rules, ...rules], routes: [...before.routes, ...routes] };
}

/** What is left where they are deleted, family by family, up to the first that is not there. */
export function removedRouting(before: Routing, ip6: boolean): { readonly left: Routing; readonly missing: boolean } {
  const families = familiesOf(ip6);
  const kept = <V extends PolicyRule | LocalRoute>(list: readonly V[]): readonly V[] => {
    const first = families.findIndex((family) => !has(list, family));
    const gone = first < 0 ? families : families.slice(0, first);
    return list.filter((one) => !(isOwn(one) && gone.includes(one.family)));
  };
  const missing = families.some((family) => !has(before.rules, family) || !has(before.routes, family));
  return { left: { ...before, rules: kept(before.rules), routes: kept(before.routes) }, missing };
}
