/** One change to a table, as iptables and iptables-restore take it, and the tables that a series of them makes. */

import { printRule } from '../print.ts';
import type { Chain, Counters, Policy, Rule, Table } from '../rule.ts';
import { isBuiltIn } from '../rule.ts';

export type Edit =
  /** `:CHAIN POLICY [0:0]`, `-N CHAIN`, `-P CHAIN POLICY`; `-` is a user chain. A declared user chain is emptied. */
  | {
      readonly kind: 'declare';
      readonly chain: string;
      readonly policy: Policy;
      readonly counters?: Counters;
      readonly empties: boolean;
      /** How many rules jump to it, as a listing counts them. */
      readonly references?: number;
    }
  | { readonly kind: 'append'; readonly chain: string; readonly rule: Rule }
  /** Positions are 1-based, as `-I`, `-D` and `-R` take them. */
  | { readonly kind: 'insert'; readonly chain: string; readonly position: number; readonly rule: Rule }
  | { readonly kind: 'replace'; readonly chain: string; readonly position: number; readonly rule: Rule }
  | { readonly kind: 'delete'; readonly chain: string; readonly rule: Rule | number }
  /** All chains where none is named. */
  | { readonly kind: 'flush'; readonly chain?: string }
  | { readonly kind: 'remove'; readonly chain?: string };

interface ChainDraft {
  policy: Policy;
  counters?: Counters;
  rules: Rule[];
}

/** A table that is being read. */
export interface TableDraft {
  readonly name: string;
  readonly chains: Map<string, ChainDraft>;
}

/**
 * What insertions and deletions may cost, counted in rules moved or compared over one text: enough for 100,000 of them
 * in a chain of 100 rules, and a bound for a text made to take forever.
 */
export interface Budget {
  left: number;
}

export const EDIT_BUDGET = 10_000_000;

/** Applies one change. False where the budget is used up and nothing was done. */
export function applyEdit(table: TableDraft, edit: Edit, budget: Budget): boolean {
  switch (edit.kind) {
    case 'declare':
      declare(table, edit);
      return true;
    case 'append':
      draftOf(table, edit.chain).rules.push(edit.rule);
      return true;
    case 'insert': {
      const { rules } = draftOf(table, edit.chain);
      if (!spend(budget, rules.length)) return false;
      rules.splice(edit.position - 1, 0, edit.rule);
      return true;
    }
    case 'replace': {
      const rules = table.chains.get(edit.chain)?.rules ?? [];
      if (edit.position <= rules.length) rules[edit.position - 1] = edit.rule;
      return true;
    }
    case 'delete': {
      const rules = table.chains.get(edit.chain)?.rules ?? [];
      if (!spend(budget, rules.length)) return false;
      const at = typeof edit.rule === 'number' ? edit.rule - 1 : positionOf(rules, edit.rule);
      if (at >= 0) rules.splice(at, 1);
      return true;
    }
    case 'flush':
      for (const chain of edit.chain === undefined ? table.chains.values() : [table.chains.get(edit.chain)])
        if (chain !== undefined) chain.rules = [];
      return true;
    case 'remove':
      for (const name of edit.chain === undefined ? [...table.chains.keys()] : [edit.chain]) {
        if (!isBuiltIn(table.name, name)) table.chains.delete(name);
      }
      return true;
    default:
      return edit satisfies never;
  }
}

function declare(table: TableDraft, { chain, policy, counters, empties }: Extract<Edit, { kind: 'declare' }>): void {
  const draft = draftOf(table, chain);
  // `:OUTPUT ACCEPT [0:0]` leaves the rules of a built-in chain alone.
  if (empties && !isBuiltIn(table.name, chain)) draft.rules = [];
  draft.policy = policy;
  if (counters !== undefined) draft.counters = counters;
}

/** The chain, which a rule that names it has proved to exist; what the end of a built-in one does is not known then. */
function draftOf(table: TableDraft, name: string): ChainDraft {
  const known = table.chains.get(name);
  if (known !== undefined) return known;
  const draft: ChainDraft = { policy: isBuiltIn(table.name, name) ? 'unknown' : '-', rules: [] };
  table.chains.set(name, draft);
  return draft;
}

function spend(budget: Budget, cost: number): boolean {
  if (budget.left < cost) return false;
  budget.left -= cost;
  return true;
}

const texts = new WeakMap<Rule, string>();

function textOf(rule: Rule): string {
  const known = texts.get(rule) ?? printRule(rule);
  texts.set(rule, known);
  return known;
}

function positionOf(rules: readonly Rule[], searched: Rule): number {
  return rules.findIndex((rule) => textOf(rule) === textOf(searched));
}

/** Adds the chains that rules jump to and nobody declared, for a text whose declarations can't be read. */
export function addJumpedTo(table: TableDraft): void {
  for (const { rules } of [...table.chains.values()]) {
    for (const { target } of rules) if (target.kind === 'jump') draftOf(table, target.chain);
  }
}

export function finishTable({ name, chains }: TableDraft): Table {
  return {
    name,
    chains: [...chains].map(
      ([chain, { policy, rules, counters }]): Chain => ({ name: chain, policy, rules, ...(counters && { counters }) }),
    ),
  };
}
