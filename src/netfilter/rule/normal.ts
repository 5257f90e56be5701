/** Normal form: one spelling for every ruleset, so that equal rulesets are equal values. */

import type { Chain, Rule, Ruleset, Table } from '../rule.ts';
import { BUILT_IN_CHAINS, isBuiltIn } from '../rule.ts';
import type { Match } from './match.ts';
import { MATCH_KINDS, MATCH_OPTIONS } from './options.ts';

// What iptables-nft-save prints, except that `security` (which no release of Istio fills) comes last.
const TABLE_ORDER = ['mangle', 'raw', 'filter', 'nat', 'security'];

/**
 * The ruleset as the kernel would spell it: tables in the order mangle, raw, filter, nat; built-in
 * chains in hook order, then user chains by name; header matches before modules; no comments and no
 * counters; no table that has neither a rule nor a user chain nor a policy that refuses packets.
 */
export function normalForm(ruleset: Ruleset): Ruleset {
  const used = ruleset.tables.filter(({ name, chains }) =>
    chains.some((chain) => chain.rules.length > 0 || !isBuiltIn(name, chain.name) || refuses(chain)),
  );
  return { family: ruleset.family, tables: inNormalOrder(used).map((table) => ({ ...table, chains: table.chains.map(normalChain) })) };
}

/** Tables in that order, each with all its built-in chains and in order; their rules as they are. */
export function inNormalOrder(tables: readonly Table[]): readonly Table[] {
  return tables.map(withChainsInOrder).sort((a, b) => rank(a.name) - rank(b.name));
}

/** The tables in normal form that iptables shows and restores: those of nft's own are none. */
export function iptablesTables(ruleset: Ruleset): readonly Table[] {
  return normalForm(ruleset).tables.filter(({ nft }) => nft === undefined);
}

/** Whether packets that reach the end of a chain go no further. */
export function refuses({ policy }: Chain): boolean {
  return policy === 'DROP' || policy === 'QUEUE';
}

function withChainsInOrder(table: Table): Table {
  if (table.nft !== undefined) return table;
  const builtIn = BUILT_IN_CHAINS[table.name] ?? [];
  const given = new Map(table.chains.map((chain) => [chain.name, chain]));
  const first = builtIn.map((name): Chain => given.get(name) ?? { name, policy: 'ACCEPT', rules: [] });
  const others = table.chains.filter((chain) => !builtIn.includes(chain.name)).sort((a, b) => (a.name < b.name ? -1 : 1));
  return { name: table.name, chains: [...first, ...others] };
}

function normalChain({ name, policy, rules, base }: Chain): Chain {
  return { name, policy, rules: rules.map(normalRule), ...(base === undefined ? {} : { base }) };
}

/** The rule with its matches in the kernel's order, without counters and what asks nothing; the same rule where it is so already. */
export function normalRule(rule: Rule): Rule {
  const restricting = rule.matches.every(isRestricting) ? rule.matches : rule.matches.filter(isRestricting);
  const matches = inKernelOrder(restricting);
  if (matches === rule.matches && rule.counters === undefined) return rule;
  const { counters: _, ...kept } = rule;
  return { ...kept, matches };
}

// The kernel keeps no comment that matters here, and iptables drops `--dport 0:65535`, which every port is in.
function isRestricting(match: Match): boolean {
  if (match.kind === 'comment') return false;
  if (match.kind !== 'source-port' && match.kind !== 'destination-port') return true;
  return match.negated || 'service' in match.value || match.value.first > 0 || match.value.last < 65535;
}

/** Header matches before modules, and the options of one module in its own order; the same list where it is so already. */
export function inKernelOrder(matches: readonly Match[]): readonly Match[] {
  if (matches.length < 2) return matches;
  const places = placesOf(matches);
  if (places.every((place, index) => index === 0 || (places[index - 1] ?? 0) <= place)) return matches;
  return [...matches.keys()].sort((a, b) => (places[a] ?? 0) - (places[b] ?? 0)).map((index) => matches[index] as Match);
}

/** A number for each match; the kernel prints them in the order of these numbers. */
function placesOf(matches: readonly Match[]): readonly number[] {
  let run = 0;
  let last = '';
  return matches.map((match) => {
    const module = match.kind === 'opaque' || match.kind === 'unknown' ? '' : MATCH_OPTIONS[match.kind].module;
    if (module === 'header') return rankOf(match);
    const ordered = ORDERED_MODULES.includes(module);
    if (!ordered || module !== last) run += 1;
    last = module;
    return run * MATCH_KINDS.length + (ordered ? rankOf(match) : 0);
  });
}

// Within one module the kernel prints its own order: --sport before --dport, --uid-owner before --gid-owner.
const ORDERED_MODULES = ['protocol', 'owner', 'addrtype'];

const KIND_RANK: ReadonlyMap<string, number> = new Map(MATCH_KINDS.map((kind, index) => [kind, index]));

function rankOf({ kind }: Match): number {
  return KIND_RANK.get(kind) ?? 0;
}

function rank(table: string): number {
  const at = TABLE_ORDER.indexOf(table);
  return at === -1 ? TABLE_ORDER.length : at;
}
