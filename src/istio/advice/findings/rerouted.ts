/** Interfaces that somebody sends to the proxy by hand, for which Istio has a setting. */

import type { Rule } from '../../../netfilter/rule.ts';
import { matchValue } from '../../found/ownership/rule-values.ts';
import type { Check, Found } from './subject.ts';
import { builtInChains, jumpOf, placeText, tablesOf } from './subject.ts';

export const reroutedByHand: Check = (subject) =>
  tablesOf(subject)
    .filter(({ table }) => table.name === 'nat')
    .flatMap(({ family, table }) => {
      const chain = builtInChains(table).find(({ name }) => name === 'PREROUTING');
      return (chain?.rules ?? []).flatMap((rule, index): readonly Found[] => {
        const name = matchValue(rule, 'in-interface');
        if (jumpOf(rule) !== 'ISTIO_REDIRECT' || name === undefined || isMade(subject, rule, family)) return [];
        const where = placeText(family, table.name, 'PREROUTING');
        const args = { position: `${index + 1}`, where, interface: name, chain: jumpOf(rule) };
        return [{ code: 'rerouted-by-hand', args, family, table: table.name, chain: 'PREROUTING' }];
      });
    });

/** Whether the settings that made the other rules name the interface: then the rule is theirs. */
function isMade({ made, desired }: Parameters<Check>[0], rule: Rule, family: 'ip' | 'ip6'): boolean {
  return [made, desired].some((plan) =>
    plan?.[family].tables.some(
      ({ name, chains }) =>
        name === 'nat' &&
        chains.some(
          (chain) =>
            chain.name === 'PREROUTING' && chain.rules.some((one) => matchValue(one, 'in-interface') === matchValue(rule, 'in-interface')),
        ),
    ),
  );
}
