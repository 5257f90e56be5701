/** What one transaction of nft leaves of the tables that were there. */

import type { NftChain, NftRuleset, NftTable } from '../../../netfilter/nft/ruleset.ts';
import type { NftSet } from '../../../netfilter/rule/nft-set.ts';

type Named = Pick<NftTable, 'family' | 'name'>;

function isSame(table: Named): (other: Named) => boolean {
  return ({ family, name }) => family === table.family && name === table.name;
}

export function tableNamed({ tables }: NftRuleset, name: string): NftTable | undefined {
  return tables.find(isSame({ family: 'inet', name }));
}

function withTable({ tables }: NftRuleset, table: NftTable): NftRuleset {
  return { tables: tables.some(isSame(table)) ? tables.map((one) => (isSame(table)(one) ? table : one)) : [...tables, table] };
}

/** The tables without those of the names. */
export function withoutTables({ tables }: NftRuleset, names: readonly string[]): NftRuleset {
  return { tables: tables.filter(({ family, name }) => family !== 'inet' || !names.includes(name)) };
}

/** `add table` and `flush table`: its chains and sets stay, its rules go. */
export function flushedTable(nft: NftRuleset, name: string): NftRuleset {
  const before = tableNamed(nft, name) ?? { family: 'inet', name, sets: [], chains: [] };
  return withTable(nft, { ...before, chains: before.chains.map((chain) => ({ ...chain, rules: [] })) });
}

/** A table with sets added, or in the place of those of their names. */
export function withSets(nft: NftRuleset, name: string, sets: readonly NftSet[]): NftRuleset {
  const before = tableNamed(nft, name) ?? { family: 'inet', name, sets: [], chains: [] };
  const kept = before.sets.map((set) => sets.find((one) => one.name === set.name) ?? set);
  const added = sets.filter((set) => !before.sets.some((one) => one.name === set.name));
  return withTable(nft, { ...before, sets: [...kept, ...added] });
}

/** The tables with their new rules; or why nft refuses the transaction, which then changes nothing. */
export function replacedTables(nft: NftRuleset, made: readonly NftTable[]): NftRuleset | { readonly reason: string } {
  let result = nft;
  for (const table of made) {
    const flushed = flushedTable(result, table.name);
    const before = tableNamed(flushed, table.name)?.chains ?? [];
    const other = table.chains.find((chain) => before.some((one) => one.name === chain.name && hangs(one) !== hangs(chain)));
    if (other !== undefined) return { reason: `the chain ${other.name} of ${table.name} hangs elsewhere already` };
    const chains = before.map(
      (chain): NftChain => ({ ...chain, rules: table.chains.find(({ name }) => name === chain.name)?.rules ?? [] }),
    );
    const added = table.chains.filter(({ name }) => !before.some((chain) => chain.name === name));
    const sets = tableNamed(flushed, table.name)?.sets ?? [];
    result = withTable(flushed, { ...table, sets, chains: [...chains, ...added] });
  }
  return result;
}

function hangs({ base }: NftChain): string {
  return base === undefined ? '' : `${base.type} ${base.hook} ${base.priority}`;
}
