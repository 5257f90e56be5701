/** Rules of a plan as texts. */

import { badOption } from '../istio/bad-option.ts';
import type { PrintedRouting, Routing } from '../istio/plan/routing.ts';
import { printRouting as routingPrinted } from '../istio/plan/routing.ts';
import { printNftJson as nftJsonPrinted, printNft as nftPrinted, printNftScript as nftScriptPrinted } from '../netfilter/nft/print.ts';
import type { NftRuleset } from '../netfilter/nft/ruleset.ts';
import type { Annotate } from '../netfilter/print.ts';
import { printCommands as commandsPrinted, printRestore as restorePrinted, printSave as savePrinted } from '../netfilter/print.ts';
import type { Ruleset } from '../netfilter/rule.ts';

/** What iptables-save prints of one family's rules. Throws a ProblemError for what are none. */
export function printSave(rules: Ruleset, annotate?: Annotate): string {
  return savePrinted(rulesIn('printSave', rules), annotate);
}

/** The same as input of iptables-restore, which adds them to what is there (`--noflush`). Throws a ProblemError for what are no rules. */
export function printRestore(rules: Ruleset, annotate?: Annotate): string {
  return restorePrinted(rulesIn('printRestore', rules), annotate);
}

/** The same as commands of iptables, a line each. Throws a ProblemError for what are no rules. */
export function printCommands(rules: Ruleset, annotate?: Annotate): string {
  return commandsPrinted(rulesIn('printCommands', rules), annotate);
}

/** The tables of a native plan as nft lists them; nothing where the plan is none. Throws a ProblemError for what is no plan. */
export function printNft(plan: { readonly nft?: NftRuleset }): string {
  if (typeof plan !== 'object' || plan === null || 'tables' in plan) throw badOption('printNft', 'wants a plan, as plan() gives it');
  return nftPrinted(plan);
}

/** The same as input of `nft -f`. Throws a ProblemError for what are no tables of nft. */
export function printNftScript(tables: NftRuleset): string {
  return nftScriptPrinted(tablesIn('printNftScript', tables));
}

/** The same as `nft -j list ruleset` has them. Throws a ProblemError for what are no tables of nft. */
export function printNftJson(tables: NftRuleset): string {
  return nftJsonPrinted(tablesIn('printNftJson', tables));
}

/** The policy routing of a plan as `ip rule`, `ip route` and `ip addr` show it. Throws a ProblemError for what is none. */
export function printRouting(routing: Routing): PrintedRouting {
  const { rules, routes, addresses } = (routing ?? {}) as Partial<Routing>;
  if (![rules, routes, addresses].every(Array.isArray)) throw badOption('printRouting', 'wants the routing of a plan, as plan.routing');
  return routingPrinted(routing);
}

function rulesIn(name: string, rules: unknown): Ruleset {
  if (hasTables(rules) && 'family' in rules) return rules as Ruleset;
  throw badOption(name, 'wants the rules of one family, as plan.ip or plan.ip6');
}

function tablesIn(name: string, tables: unknown): NftRuleset {
  if (hasTables(tables) && !('family' in tables)) return tables as NftRuleset;
  throw badOption(name, 'wants the tables of a native plan, as plan.nft');
}

function hasTables(value: unknown): value is { readonly tables: readonly unknown[] } {
  return typeof value === 'object' && value !== null && 'tables' in value && Array.isArray(value.tables);
}
