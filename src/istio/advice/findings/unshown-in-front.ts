/** Chains of others that packets go through before ours, and that nobody shows: what they take is not known. */

import type { Observation } from '../../../netfilter/observation.ts';
import type { Unseen } from '../../../netfilter/unseen.ts';
import { builtInChains, jumpOf, leadsTo, subjectOf, tablesOf } from './subject.ts';

/** A jump in front of ours to a chain that is not among those of its table; filter decides nothing of capture. */
export function unshownInFront(seen: Observation): readonly Unseen[] {
  const subject = subjectOf({ seen });
  return tablesOf(subject)
    .filter(({ table }) => table.name !== 'filter')
    .flatMap(({ family, table }) => {
      const own = subject.own[family].get(table.name);
      const listed = table.chains.map(({ name }) => name);
      return builtInChains(table).flatMap((chain) => {
        const first = chain.rules.findIndex((rule) => leadsTo(own, rule));
        return chain.rules.slice(0, Math.max(first, 0)).flatMap((rule, index): readonly Unseen[] => {
          const target = jumpOf(rule);
          if (target === '' || listed.includes(target) || own?.has(target) === true) return [];
          const reason = `rule ${index + 1} of ${chain.name} leads to ${target} before ours are asked, and that chain is not shown`;
          return [{ family, table: table.name, except: listed, reason }];
        });
      });
    });
}
