/** Steps to the tables of nft that the node agent makes. A chain that is only jumped to is made, too. */

import type { NftChain, NftRule, NftRuleset, NftTable } from '../../../netfilter/nft/ruleset.ts';
import type { Target } from '../../../netfilter/rule/target.ts';
import { baseChainOf } from '../native/assemble-native.ts';
import type { Step } from '../rules/step.ts';

const TABLES: readonly string[] = ['nat', 'mangle', 'raw'];

const NAMES: Readonly<Record<string, string>> = {
  PREROUTING: 'prerouting',
  OUTPUT: 'output',
  ISTIO_PRERT: 'istio-prerouting',
  ISTIO_OUTPUT: 'istio-output',
};

/** The tables in the agent's order. */
export function ambientTables(steps: readonly Step[]): NftRuleset {
  return {
    tables: TABLES.flatMap((name): readonly NftTable[] => {
      const own = steps.filter(({ table }) => table === name);
      const chains = Object.keys(NAMES).filter((chain) => own.some((step) => step.chain === chain || jumpsTo(step.rule.target, chain)));
      if (chains.length === 0) return [];
      return [{ family: 'inet', name: `istio-ambient-${name}`, sets: [], chains: chains.map((chain) => chainOf(name, chain, own)) }];
    }),
  };
}

function jumpsTo(target: Target, chain: string): boolean {
  return target.kind === 'jump' && target.chain === chain;
}

function chainOf(table: string, name: string, steps: readonly Step[]): NftChain {
  const base = baseChainOf(table, name);
  const rules = steps
    .filter(({ chain }) => chain === name)
    .map(({ rule }): NftRule => ({ ...rule, target: renamed(rule.target), counted: base === undefined }));
  return { name: NAMES[name] ?? name, ...(base === undefined ? {} : { base }), rules };
}

function renamed(target: Target): Target {
  return target.kind === 'jump' ? { ...target, chain: NAMES[target.chain] ?? target.chain } : target;
}
