/** Istio's part of the tables of iptables, as the node agent knows it: chains with its prefix, and the jumps to them. */

import { comparedText } from '../../../netfilter/compare/rule-key.ts';
import { normalForm } from '../../../netfilter/rule/normal.ts';
import type { Chain, Rule, Ruleset, Table } from '../../../netfilter/rule.ts';
import { isBuiltIn, withChains } from '../../../netfilter/rule.ts';
import type { Agent, AmbientState } from './state.ts';
import { AmbientFailure } from './state.ts';

const PREFIX = 'ISTIO_';

function isOwn({ target }: Rule): boolean {
  return target.kind === 'jump' && target.chain.startsWith(PREFIX);
}

/** What is left where the agent has cleaned up. */
export function withoutIstio(ruleset: Ruleset): Ruleset {
  const kept = (chain: Chain): Chain | undefined =>
    chain.name.startsWith(PREFIX) ? undefined : { ...chain, rules: chain.rules.filter((rule) => !isOwn(rule)) };
  return normalForm(withChains(ruleset, kept));
}

/** Istio's rules by chain, whatever their order: so the agent compares, by the number of rules and whether each is there. */
function ownRules({ tables }: Ruleset): string {
  const chains = tables.flatMap(({ name: table, chains: all }) =>
    all.flatMap(({ name, rules }): readonly string[] => {
      const own = name.startsWith(PREFIX) ? rules : rules.filter(isOwn);
      return own.length > 0 || name.startsWith(PREFIX) ? [[`${table} ${name}`, ...own.map(comparedText).sort()].join('\n')] : [];
    }),
  );
  return chains.sort().join('\n');
}

/** Whether Istio's rules in a state are those that are wanted. */
export function hasSameIstio(state: Ruleset, desired: Ruleset): boolean {
  return ownRules(state) === ownRules(desired);
}

export interface Restored {
  readonly ruleset: Ruleset;
  /** Why iptables-restore ended early. */
  readonly reason?: string;
}

/** The order in which the agent writes tables into the input of iptables-restore. */
const INPUT_ORDER: readonly string[] = ['mangle', 'nat', 'raw'];

/**
 * What `iptables-restore --noflush` leaves, which makes table by table, and makes every chain as a new one: it ends at
 * the first table that it can't make, and the tables before it stay.
 */
export function restored(state: Ruleset, desired: Ruleset, refusal: (table: string) => string | undefined): Restored {
  let tables = state.tables;
  const inOrder = [...desired.tables].sort((a, b) => INPUT_ORDER.indexOf(a.name) - INPUT_ORDER.indexOf(b.name));
  for (const table of inOrder) {
    const before = tables.find(({ name }) => name === table.name);
    const reason = refusal(table.name) ?? existing(before, table);
    if (reason !== undefined) return { ruleset: normalForm({ ...state, tables }), reason };
    tables = [...tables.filter((one) => one !== before), before === undefined ? table : merged(before, table)];
  }
  return { ruleset: normalForm({ ...state, tables }) };
}

/** The state with what was made of each family. Throws an AmbientFailure where one of them ended early. */
export function withRestored(state: AmbientState, agent: Agent, made: readonly Restored[]): AmbientState {
  const left = { ...state, ...Object.fromEntries(made.map(({ ruleset }) => [ruleset.family, ruleset])) };
  const failed = made.find(({ reason }) => reason !== undefined)?.reason;
  if (failed !== undefined) throw new AmbientFailure(agent, failed, left);
  return left;
}

function existing(before: Table | undefined, { name: table, chains }: Table): string | undefined {
  const twice = chains.find(({ name }) => !isBuiltIn(table, name) && before?.chains.some((chain) => chain.name === name));
  return twice === undefined ? undefined : `the chain ${twice.name} is in ${table} already`;
}

function merged(before: Table, { chains: desired }: Table): Table {
  const added = desired.filter(({ name }) => !before.chains.some((chain) => chain.name === name));
  const chains = before.chains.map((chain): Chain => {
    const rules = desired.find(({ name }) => name === chain.name)?.rules ?? [];
    const top = rules.filter(({ place }) => place === 'top');
    return { ...chain, rules: [...top, ...chain.rules, ...rules.filter((rule) => !top.includes(rule))] };
  });
  return { ...before, chains: [...chains, ...added] };
}
