/** What of a live state is ours, and that part of it as a ruleset. */

import type { Chain, Rule, Ruleset, Table } from '../rule.ts';
import { isBuiltIn } from '../rule.ts';

/** What of one family's live state is ours. */
export interface Owned {
  /** By table, the user chains that are ours with everything in them. */
  readonly chains: ReadonlyMap<string, ReadonlySet<string>>;
  /** The rules of ours in chains that are not (built-in ones, or others' chains): the very objects of the live ruleset. */
  readonly rules: ReadonlySet<Rule>;
}

/** Whether a chain of a table is ours with everything in it. */
export function isOwnChain(owned: Owned, table: string, chain: string): boolean {
  return owned.chains.get(table)?.has(chain) ?? false;
}

/**
 * Our part of a live state: our chains, and our rules in the chains of others. Where rules of others
 * stand between ours, those of ours before the first of them get `place: 'top'`, so that reconciling
 * with this part as what is wanted puts them there again; the others go behind.
 */
export function keepOnly(live: Ruleset, owned: Owned): Ruleset {
  const tables = live.tables.map(
    (table): Table => ({ name: table.name, chains: table.chains.flatMap((chain) => ownPart(table.name, chain, owned)) }),
  );
  return { family: live.family, tables: tables.filter(({ chains }) => chains.length > 0) };
}

function ownPart(table: string, chain: Chain, owned: Owned): readonly Chain[] {
  if (isOwnChain(owned, table, chain.name)) return [chain];
  const first = chain.rules.findIndex((rule) => !owned.rules.has(rule));
  const rules = chain.rules.flatMap((rule, index) => (owned.rules.has(rule) ? [placed(rule, index < first)] : []));
  return rules.length > 0 ? [{ ...chain, policy: isBuiltIn(table, chain.name) ? chain.policy : '-', rules }] : [];
}

function placed({ place: _, ...rule }: Rule, top: boolean): Rule {
  return top ? { ...rule, place: 'top' } : rule;
}
