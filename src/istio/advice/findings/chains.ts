/** Chains of ours that nothing leads to. */

import type { Chain, Table } from '../../../netfilter/rule.ts';
import { isBuiltIn } from '../../../netfilter/rule.ts';
import { flushedFamilies } from './flushed.ts';
import type { FindingCode } from './kinds.ts';
import type { Check, Found } from './subject.ts';
import { jumpOf, placeText, tablesOf } from './subject.ts';

/**
 * Chains of ours that no packet can reach, but for those to which the release that made them leads none either.
 * Of what was wanted, only what the release that made them does not have counts: the two may be of another kind.
 */
export const unreachedChains: Check = (subject) => {
  const { own, option, seen } = subject;
  const [first, second] = [subject.made, subject.desired].filter((plan) => plan !== undefined);
  if (first === undefined) return [];
  const emptied = flushedFamilies(seen);
  return tablesOf(subject).flatMap(({ family, table }) => {
    if (table.name === 'nat' && emptied.includes(family)) return [];
    const planned = [first, second].flatMap((plan) => plan?.[family].tables.find(({ name }) => name === table.name) ?? []);
    const reached = reachedIn(table);
    // Of a chain that leads to another unreached one, the first is enough.
    const led = new Set(table.chains.filter(({ name }) => !reached.has(name)).flatMap(({ rules }) => rules.map(jumpOf)));
    const lost = table.chains.filter(({ name }) => own[family].get(table.name)?.has(name) && !reached.has(name) && !led.has(name));
    const planOf = (name: string): Table | undefined => planned.find(({ chains }) => chains.some((chain) => chain.name === name));
    const unreached = lost.filter(({ name }) => {
      const plan = planOf(name);
      return plan !== undefined && reachedIn(plan).has(name);
    });
    const left = lost.filter(({ name }) => planOf(name) === undefined);
    const found = (code: FindingCode, chains: readonly Chain[], state = ''): readonly Found[] => {
      if (chains.length === 0) return [];
      const args = { chains: chains.map(({ name }) => name).join(', '), where: placeText(family, table.name), state, option };
      return [{ code, args, family, table: table.name, ...(chains.length === 1 && { chain: chains[0]?.name ?? '' }) }];
    };
    const empty = left.every(({ rules }) => rules.length === 0);
    return [...found('unreached-chain', unreached), ...found('left-over-chain', left, empty ? ', and nothing is in it' : '')];
  });
};

/** What packets can reach from the chains that the kernel leads them to. */
function reachedIn({ name, chains }: Table): ReadonlySet<string> {
  const rules = new Map(chains.map((chain) => [chain.name, chain.rules]));
  const reached = new Set(chains.filter((chain) => chain.base !== undefined || isBuiltIn(name, chain.name)).map((chain) => chain.name));
  for (const chain of reached) for (const rule of rules.get(chain) ?? []) if (rule.target.kind === 'jump') reached.add(rule.target.chain);
  return reached;
}
