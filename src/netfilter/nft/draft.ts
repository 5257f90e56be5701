/** The tables of nft while they are read. */

import type { NftSet } from '../rule/nft-set.ts';
import type { BaseChain, NftFamily } from '../rule.ts';
import type { NftChain, NftRule, NftRuleset, NftTable } from './ruleset.ts';

export interface ChainDraft {
  base?: BaseChain;
  readonly rules: NftRule[];
}

export interface TableDraft {
  readonly family: NftFamily;
  readonly name: string;
  readonly sets: Map<string, NftSet>;
  readonly chains: Map<string, ChainDraft>;
  /** Its chains hang nowhere until somebody wakes it. */
  dormant: boolean;
}

export class Draft {
  readonly #tables = new Map<string, TableDraft>();

  table(family: string, name: string): TableDraft {
    const key = `${family} ${name}`;
    const before = this.#tables.get(key);
    if (before !== undefined) return before;
    const made: TableDraft = { family: family as NftFamily, name, sets: new Map(), chains: new Map(), dormant: false };
    this.#tables.set(key, made);
    return made;
  }

  remove(family: string, name: string): void {
    this.#tables.delete(`${family} ${name}`);
  }

  chain(table: TableDraft, name: string): ChainDraft {
    const before = table.chains.get(name);
    if (before !== undefined) return before;
    const made: ChainDraft = { rules: [] };
    table.chains.set(name, made);
    return made;
  }

  ruleset(): NftRuleset {
    return {
      tables: [...this.#tables.values()].map(
        ({ family, name, sets, chains, dormant }): NftTable => ({
          family,
          name,
          sets: [...sets.values()],
          chains: [...chains].map(
            ([chain, { base, rules }]): NftChain => ({ name: chain, ...(base === undefined || dormant ? {} : { base }), rules }),
          ),
        }),
      ),
    };
  }
}
