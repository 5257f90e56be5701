/** Why rules that were found are there: as in the plan of who is thought to have made them. */

import { comparedText } from '../../netfilter/compare/rule-key.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Rule, Ruleset } from '../../netfilter/rule.ts';
import { withChains } from '../../netfilter/rule.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';

/** The rule that a plan has with the same text at the same place: its reason is likely this one's. */
export function rulesMadeBy(
  made: Readonly<Record<Family, Ruleset>> | undefined,
): (place: Pick<RulePlace, 'table' | 'chain' | 'rule'>) => Rule | undefined {
  const known = new Map<string, Rule>();
  for (const family of FAMILIES) {
    for (const { name, chains } of made?.[family].tables ?? []) {
      for (const chain of chains) for (const rule of chain.rules) known.set(`${name} ${chain.name} ${comparedText(rule)}`, rule);
    }
  }
  return ({ table, chain, rule }) => known.get(`${table} ${chain} ${comparedText(rule)}`);
}

/** Rules that were found, each with the reason that it has there. */
export function withReasons(found: Ruleset, ruleOf: ReturnType<typeof rulesMadeBy>): Ruleset {
  return withChains(found, (chain, { name: table }) => {
    const rules = chain.rules.map((rule): Rule => {
      const made = ruleOf({ table, chain: chain.name, rule });
      return made?.because === undefined ? rule : { ...rule, because: made.because };
    });
    return { ...chain, rules };
  });
}
