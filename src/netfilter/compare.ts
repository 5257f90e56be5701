/** What is different between two rulesets, rule by rule and in order. */

import { compareRules } from './compare/chain.ts';
import type { ChainPlace, Difference } from './compare/difference.ts';
import { normalForm } from './normal.ts';
import type { Chain, Family, Ruleset, Table } from './rule.ts';
import { FAMILIES, isBuiltIn } from './rule.ts';

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
  return FAMILIES.flatMap((family) => compareFamily(family, normalForm(ofFamily(left, family)), normalForm(ofFamily(right, family))));
}

function ofFamily(rulesets: Rulesets, family: Family): Ruleset {
  const [found, twice] = [rulesets].flat().filter((ruleset) => ruleset.family === family);
  if (twice !== undefined) throw new RangeError(`two rulesets of the family ${family} on one side`);
  return found ?? { family, tables: [] };
}

function compareFamily(family: Family, left: Ruleset, right: Ruleset): readonly Difference[] {
  return outline(left, right).tables.flatMap((table) =>
    table.chains.flatMap(({ name }) =>
      compareChain({ family, table: table.name, chain: name }, find(left, table.name, name), find(right, table.name, name)),
    ),
  );
}

/** All tables and chains that either side has, each once and in normal order. */
function outline(left: Ruleset, right: Ruleset): Ruleset {
  const names = new Set([...left.tables, ...right.tables].map((table) => table.name));
  const tables = [...names].map((name): Table => {
    const chains = [left, right]
      .flatMap((ruleset) => ruleset.tables.filter((table) => table.name === name))
      .flatMap((table) => table.chains);
    return { name, chains: [...new Map(chains.map((chain) => [chain.name, chain])).values()] };
  });
  return normalForm({ family: left.family, tables });
}

/** A chain by its name; a built-in chain is there without anyone having made it, but for its table's being in use. */
function find(ruleset: Ruleset, table: string, name: string): Chain | undefined {
  const found = ruleset.tables.find((one) => one.name === table)?.chains.find((chain) => chain.name === name);
  return found ?? (isBuiltIn(table, name) ? { name, policy: 'ACCEPT', rules: [] } : undefined);
}

function compareChain(place: ChainPlace, left: Chain | undefined, right: Chain | undefined): readonly Difference[] {
  const rules = compareRules(place, left?.rules ?? [], right?.rules ?? []);
  if (left === undefined) return [{ ...place, kind: 'extra-chain' }, ...rules];
  if (right === undefined) return [{ ...place, kind: 'missing-chain' }, ...rules];
  const known = left.policy !== 'unknown' && right.policy !== 'unknown';
  return known && left.policy !== right.policy ? [{ ...place, kind: 'policy', left: left.policy, right: right.policy }, ...rules] : rules;
}
