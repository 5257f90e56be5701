/** The steps of both families in one table: what is the same in both stands there once. */

import type { Step } from '../rules/step.ts';

/**
 * One list of the steps that a concern makes for IPv4 and for IPv6. Steps of one id belong together: a rule that names
 * no address serves both families, of others that of IPv4 comes first. Steps of one family only, for an address of it,
 * stand between, IPv4 first: so the native program makes them.
 */
export function mergeFamilies(ip: readonly Step[], ip6: readonly Step[]): readonly Step[] {
  const rest = [...ip6];
  const merged = ip.flatMap((step) => {
    const at = rest.findIndex(({ rule }) => rule.id === step.rule.id);
    if (at < 0) return [step];
    const [twin, ...before] = rest.splice(0, at + 1).reverse();
    return [...before.reverse(), step, ...(twin === undefined || textOf(twin) === textOf(step) ? [] : [twin])];
  });
  return [...merged, ...rest];
}

function textOf({ table, chain, at, rule }: Step): string {
  return JSON.stringify([table, chain, at, rule.matches, rule.target]);
}
