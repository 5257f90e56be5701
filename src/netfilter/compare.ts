/** What is different between two rulesets, rule by rule and in order. */

import { compareRules, isSameList } from './compare/chain.ts';
import type { ChainPlace, Difference } from './compare/difference.ts';
import { outline } from './compare/outline.ts';
import { keysOf } from './compare/rule-key.ts';
import type { Family } from './family.ts';
import { FAMILIES } from './family.ts';
import { normalForm } from './rule/normal.ts';
import type { Chain, Ruleset } from './rule.ts';

/** One family's rules, or those of both families; a family that is left out has no rules. */
export type Rulesets = Ruleset | readonly Ruleset[];

/**
 * The differences between two rulesets in normal form, by family, table, chain and position; empty
 * exactly where they are equal. Counters, comments, ids and lines are not compared, and what the form
 * that a side was read from can't show (the interfaces of a listing without `-v`, a policy) is no
 * difference. Per chain, the rules of the left less `missing` plus `extra` are those of the right.
 * Throws a RangeError where a side names a family twice.
 */
export function compareRulesets(left: Rulesets, right: Rulesets): readonly Difference[] {
  return FAMILIES.flatMap((family) => compareNormalForms(normalForm(ofFamily(left, family)), normalForm(ofFamily(right, family))));
}

/** The same for two rulesets of one family that are in normal form already. */
export function compareNormalForms(left: Ruleset, right: Ruleset): readonly Difference[] {
  const { family } = left;
  return outline(left, right).flatMap((table) =>
    table.chains.flatMap((chain) => compareChain({ family, table: table.name, chain: chain.name }, chain.left, chain.right)),
  );
}

/** Whether there is none at the places that count, which is told sooner than which there are. */
export function isSameNormalForm(left: Ruleset, right: Ruleset, counts: (place: ChainPlace) => boolean): boolean {
  const { family } = left;
  return outline(left, right).every((table) =>
    table.chains.every((chain) => !counts({ family, table: table.name, chain: chain.name }) || isSameChain(chain.left, chain.right)),
  );
}

function ofFamily(rulesets: Rulesets, family: Family): Ruleset {
  const [found, twice] = [rulesets].flat().filter((ruleset) => ruleset.family === family);
  if (twice !== undefined) throw new RangeError(`two rulesets of the family ${family} on one side`);
  return found ?? { family, tables: [] };
}

function compareChain(place: ChainPlace, left: Chain | undefined, right: Chain | undefined): readonly Difference[] {
  const rules = compareRules(place, left?.rules ?? [], right?.rules ?? []);
  if (left === undefined) return [{ ...place, kind: 'extra-chain' }, ...rules];
  if (right === undefined) return [{ ...place, kind: 'missing-chain' }, ...rules];
  return isSamePolicy(left, right) ? rules : [{ ...place, kind: 'policy', left: left.policy, right: right.policy }, ...rules];
}

function isSameChain(left: Chain | undefined, right: Chain | undefined): boolean {
  return left !== undefined && right !== undefined && isSamePolicy(left, right) && isSameList(...keysOf(left.rules, right.rules));
}

function isSamePolicy(left: Chain, right: Chain): boolean {
  return left.policy === right.policy || left.policy === 'unknown' || right.policy === 'unknown';
}
