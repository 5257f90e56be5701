/** From a live state to the wanted one, without touching what is not ours. Pure: the kernel is asked and changed elsewhere. */

import type { Family } from './family.ts';
import type { Effect } from './reconcile/order.ts';
import { effectOf, inOrderOfTransition } from './reconcile/order.ts';
import type { Owned } from './reconcile/owned.ts';
import { keepOnly } from './reconcile/owned.ts';
import type { ReconciledChain } from './reconcile/table.ts';
import { reconcileTable } from './reconcile/table.ts';
import type { Ruleset, Table } from './rule.ts';

export type { Effect } from './reconcile/order.ts';
export type { Owned } from './reconcile/owned.ts';
export { keepOnly } from './reconcile/owned.ts';
export type { ReconciledChain as KeptChain } from './reconcile/table.ts';

/** The change of one table: applied whole, or not at all. */
export interface TableChange {
  readonly table: string;
  readonly effect: Effect;
  /** `*TABLE ... COMMIT`, for iptables-restore --noflush. */
  readonly text: string;
}

export interface Reconciliation {
  readonly family: Family;
  /** In the order in which they are to be applied; empty where nothing is to be done. */
  readonly changes: readonly TableChange[];
  /** All of them as one input of iptables-restore --noflush. */
  readonly text: string;
  /** Chains of ours that are no longer wanted and stay, empty, because rules of others lead there. */
  readonly kept: readonly ReconciledChain[];
}

/**
 * What turns a live state into one that holds the wanted rules in the wanted order, and of ours nothing
 * else. Rules and chains of others keep their text and their order. Rules with `place: 'top'` go before
 * all others of a built-in chain; the rest go where ours stood, or to the end. Chains of others in which
 * our rules are right already are not touched. Equal arguments give equal text.
 */
export function reconcile(live: Ruleset, desired: Ruleset, owned: Owned): Reconciliation {
  const ours = keepOnly(live, owned);
  const names = [...new Set([...live.tables, ...desired.tables].map(({ name }) => name))];
  const tables = names.map((name) => {
    const { text, kept } = reconcileTable(tableOf(live, name), tableOf(desired, name), owned);
    return { table: name, effect: effectOf(tableOf(ours, name), tableOf(desired, name)), text, kept };
  });
  const changes = inOrderOfTransition(tables.flatMap(({ table, effect, text }) => (text === undefined ? [] : [{ table, effect, text }])));
  return { family: live.family, changes, text: changes.map(({ text }) => text).join(''), kept: tables.flatMap(({ kept }) => kept) };
}

function tableOf(ruleset: Ruleset, name: string): Table {
  return ruleset.tables.find((table) => table.name === name) ?? { name, chains: [] };
}
