/** Two rulesets of one family laid over each other: each table and each chain once. */

import { inNormalOrder } from '../rule/normal.ts';
import type { Chain, Ruleset, Table } from '../rule.ts';
import { isBuiltIn } from '../rule.ts';
import { setChains } from './set-chains.ts';

/** A chain of either side, or a set as one (setChains); undefined on a side that does not have it. */
export interface ChainPair {
  readonly name: string;
  readonly left: Chain | undefined;
  readonly right: Chain | undefined;
}

export interface TablePair {
  readonly name: string;
  readonly chains: readonly ChainPair[];
}

/** All tables and chains that either of two rulesets in normal form has, in normal order. */
export function outline(left: Ruleset, right: Ruleset): readonly TablePair[] {
  const names = new Set([...left.tables, ...right.tables].map((table) => table.name));
  const tables = [...names].map((name): Table => {
    const both = [left, right].flatMap((ruleset) => ruleset.tables.filter((table) => table.name === name));
    const chains = both.flatMap((table) => table.chains);
    return { ...both[0], name, chains: [...new Map(chains.map((chain) => [chain.name, chain])).values()] };
  });
  return inNormalOrder(tables).map(({ name, chains }) => {
    const [inLeft, inRight] = [chainsOf(left, name), chainsOf(right, name)];
    const [one, other] = [left, right].map(({ tables: all }) => all.find((table) => table.name === name));
    return {
      name,
      chains: [
        ...chains.map((chain) => ({ name: chain.name, left: inLeft(chain.name), right: inRight(chain.name) })),
        ...setChains(one, other, left.family),
      ],
    };
  });
}

/** Finds chains by their names; a built-in chain is there without anyone having made it, but for its table's being in use. */
function chainsOf(ruleset: Ruleset, table: string): (name: string) => Chain | undefined {
  const chains = new Map(ruleset.tables.find((one) => one.name === table)?.chains.map((chain) => [chain.name, chain]));
  return (name) => chains.get(name) ?? (isBuiltIn(table, name) ? { name, policy: 'ACCEPT', rules: [] } : undefined);
}
