/** Normal form: one spelling for every ruleset, so that equal rulesets are equal values. */

import type { Match } from './match.ts';
import { HEADER_KINDS } from './options.ts';
import type { Chain, Rule, Ruleset, Table } from './rule.ts';
import { BUILT_IN_CHAINS, isBuiltIn } from './rule.ts';

// What iptables-nft-save prints, except that `security` (which no release of Istio fills) comes last.
const TABLE_ORDER = ['mangle', 'raw', 'filter', 'nat', 'security'];

/**
 * The ruleset as the kernel would spell it: tables in the order mangle, raw, filter, nat; built-in
 * chains in hook order, then user chains by name; header matches before modules; no comments and no
 * counters; no table that has neither a rule nor a user chain.
 */
export function normalForm(ruleset: Ruleset): Ruleset {
  const tables = ruleset.tables
    .filter((table) => table.chains.some((chain) => chain.rules.length > 0 || !isBuiltIn(table.name, chain.name)))
    .map(normalTable)
    .sort((a, b) => rank(TABLE_ORDER, a.name) - rank(TABLE_ORDER, b.name));
  return { family: ruleset.family, tables };
}

function normalTable(table: Table): Table {
  const builtIn = BUILT_IN_CHAINS[table.name] ?? [];
  const given = new Map(table.chains.map((chain) => [chain.name, chain]));
  const first = builtIn.map((name): Chain => given.get(name) ?? { name, policy: 'ACCEPT', rules: [] });
  const others = table.chains.filter((chain) => !builtIn.includes(chain.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { name: table.name, chains: [...first, ...others].map(normalChain) };
}

function normalChain({ name, policy, rules }: Chain): Chain {
  return { name, policy, rules: rules.map(normalRule) };
}

/** The rule with its matches in the kernel's order, without comments and counters. */
export function normalRule(rule: Rule): Rule {
  const { counters: _, ...kept } = rule;
  const matches = rule.matches.filter((match) => match.kind !== 'comment');
  return { ...kept, matches: inHeaderOrder(matches) };
}

function inHeaderOrder(matches: readonly Match[]): readonly Match[] {
  const header = HEADER_KINDS.flatMap((kind) => matches.filter((match) => match.kind === kind));
  return [...header, ...matches.filter((match) => !header.includes(match as never))];
}

function rank(order: readonly string[], name: string): number {
  const at = order.indexOf(name);
  return at === -1 ? order.length : at;
}
