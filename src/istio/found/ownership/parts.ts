/** A state as ownership sees it: chains of ours, jumps to them, and loose rules in the chains of others. */

import type { Family } from '../../../netfilter/family.ts';
import type { Chain, Rule, Ruleset } from '../../../netfilter/rule.ts';
import { isBuiltIn } from '../../../netfilter/rule.ts';
import { hasUnprintedMatch } from '../../../netfilter/witness/nft-witness.ts';
import { AMBIENT_CHAINS, isSidecarChain, SHARED_CHAIN } from './chain-names.ts';

/** Both families' rules. */
export type Both = Readonly<Record<Family, Ruleset>>;

/** Chains of ours by table. */
export function ownChainsOf(ruleset: Ruleset): ReadonlyMap<string, ReadonlySet<string>> {
  const tables = ruleset.tables.map(({ name, chains }) => {
    const ambient = ambientChainsIn(chains, ruleset);
    return [
      name,
      new Set(chains.map((chain) => chain.name).filter((chain) => isSidecarChain(name, chain) && !ambient.includes(chain))),
    ] as const;
  });
  return new Map(tables.filter(([, chains]) => chains.size > 0));
}

/**
 * Chains of the node agent in a table of a rule set: ztunnel gets no traffic without them, so they stay. The name that both use is the
 * agent's beside another of its chains, and in every table where no chain is a sidecar's alone: that of 1.21 to 1.23 has only this one in nat.
 */
export function ambientChainsIn(chains: readonly Chain[], ruleset: Ruleset): readonly string[] {
  const names = chains.map(({ name }) => name);
  const ambient = names.some((name) => AMBIENT_CHAINS.includes(name)) || (names.includes(SHARED_CHAIN) && isAmbientAlone(ruleset));
  return ambient ? names.filter((name) => [...AMBIENT_CHAINS, SHARED_CHAIN].includes(name)) : [];
}

function isAmbientAlone({ tables }: Ruleset): boolean {
  const isSidecars = (table: string, name: string): boolean => name !== SHARED_CHAIN && isSidecarChain(table, name);
  return (
    tables.some(({ chains }) => chains.some(({ name }) => AMBIENT_CHAINS.includes(name))) &&
    !tables.some(({ name: table, chains }) => chains.some(({ name }) => isSidecars(table, name)))
  );
}

/** Visits every rule of the built-in chains, with whether it jumps to a chain of ours. */
export function builtInRules(ruleset: Ruleset, own: ReturnType<typeof ownChainsOf>): readonly BuiltInChain[] {
  return ruleset.tables.flatMap(({ name: table, chains }) =>
    chains
      .filter(({ name }) => isBuiltIn(table, name))
      .map(({ name: chain, rules }) => {
        const isJump = (rule: Rule): boolean =>
          rule.target.kind === 'jump' && (own.get(table)?.has(rule.target.chain) ?? false) && !hasUnprintedMatch(rule);
        return { table, chain, jumps: rules.filter(isJump), loose: rules.filter((rule) => !isJump(rule)) };
      }),
  );
}

/** A built-in chain: our jumps, and everything else. */
export interface BuiltInChain {
  readonly table: string;
  readonly chain: string;
  readonly jumps: readonly Rule[];
  readonly loose: readonly Rule[];
}
