/** What a listing hides of rules, taken from a maker that is known exactly: the interfaces of `iptables -L` without `-v`. */

import { hidesInterfaces, withoutInterfaces } from '../../netfilter/compare/rule-key.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Rule } from '../../netfilter/rule.ts';
import { chainIn, inBoth, rulesIn, withChains } from '../../netfilter/rule.ts';
import type { CapturePlan } from '../plan/plan.ts';
import { planFor } from '../plan/plan.ts';
import type { Answer, Identification } from './identify.ts';

/**
 * The rules with the interfaces of their maker's. Undefined where nothing is hidden, where the maker is not known exactly,
 * and where those who may have made them have other interfaces. A rule of somebody else keeps what is not known of it.
 */
export function withInterfacesOfMaker(
  seen: Observation,
  { outcome, answers }: Pick<Identification, 'outcome' | 'answers'>,
): Observation | undefined {
  if (outcome !== 'exact' || !FAMILIES.some((family) => rulesIn(seen[family]).some(hidesInterfaces))) return undefined;
  const filled = answers
    .filter(({ differences }) => differences.length === 0)
    .flatMap(plansOf)
    .map((plan) => filledBy(seen, plan));
  const [first, ...others] = filled;
  const text = first === undefined ? '' : JSON.stringify([first.ip, first.ip6]);
  return others.every(({ ip, ip6 }) => JSON.stringify([ip, ip6]) === text) ? first : undefined;
}

/** The plans of all releases of an answer: what the listing hides may differ between them. */
function plansOf({ plan, releases, facts, switches }: Answer): readonly CapturePlan[] {
  return releases.map((release) => (release === plan.release ? plan : planFor(plan.settings, release, facts, switches)));
}

function filledBy(seen: Observation, plan: CapturePlan): Observation {
  return inBoth(seen, (ruleset) =>
    withChains(ruleset, (chain, { name }) => {
      const made = chainIn(plan[ruleset.family], name, chain.name)?.rules ?? [];
      return { ...chain, rules: filledRules(chain.rules, made) };
    }),
  );
}

/** Each rule by the next one of the maker's that looks the same: both are in order. */
function filledRules(rules: readonly Rule[], made: readonly Rule[]): readonly Rule[] {
  const open = (rule: Rule): string => printRule(withoutInterfaces(rule));
  let next = 0;
  return rules.map((rule) => {
    const at = hidesInterfaces(rule) ? made.findIndex((one, index) => index >= next && open(one) === open(rule)) : -1;
    if (at < 0) return rule;
    next = at + 1;
    const { matches, target } = made[at] as Rule;
    return { ...rule, matches, target };
  });
}
