/** Tables of which only Istio's chains are left, without a rule: iptables -F empties chains and keeps them. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { inBoth, withChains } from '../../../netfilter/rule.ts';
import { ownChainsOf } from '../../found/ownership/parts.ts';
import type { Check } from './subject.ts';
import { placeText } from './subject.ts';

/** The families in whose nat, where everything is captured, chains of ours have no rules and nothing leads to them. */
export function flushedFamilies(seen: Pick<Observation, Family>): readonly Family[] {
  return FAMILIES.filter((family) => {
    const own = ownChainsOf(seen[family]).get('nat');
    const chains = seen[family].tables.find(({ name }) => name === 'nat')?.chains ?? [];
    return (
      own !== undefined &&
      chains.every(({ name, rules }) =>
        own.has(name) ? rules.length === 0 : rules.every(({ target }) => target.kind !== 'jump' || !own.has(target.chain)),
      )
    );
  });
}

/** The state without the chains that were emptied: what is left of it can be told whose it is. */
export function withoutFlushed(seen: Observation): Observation {
  const emptied = flushedFamilies(seen);
  return inBoth(seen, (ruleset) => {
    if (!emptied.includes(ruleset.family)) return ruleset;
    const own = ownChainsOf(ruleset).get('nat');
    return withChains(ruleset, (chain, { name }) => (name === 'nat' && own?.has(chain.name) === true ? undefined : chain));
  });
}

export const flushed: Check = ({ seen, option }) =>
  flushedFamilies(seen).map((family) => ({ code: 'flushed', args: { where: placeText(family, 'nat'), option }, family, table: 'nat' }));
