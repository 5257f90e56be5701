/** What refuses packets in the chains of everyone: guardrails that were left, and policies. */

import { printWholeRule } from '../../../netfilter/print.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import { droppedProtocol as droppedAlone } from '../../found/ownership/guardrails.ts';
import type { Check, Found } from './subject.ts';
import { builtInChains, iptablesCommand, placeText, tablesOf } from './subject.ts';

/** `-p tcp -j DROP` and `-p udp -j DROP` on top of a chain of filter, as istio-iptables --reconcile inserts them (istio-history, 1.4). */
export const guardrails: Check = (subject) =>
  tablesOf(subject)
    .filter(({ table }) => table.name === 'filter')
    .flatMap(({ family, table }) =>
      builtInChains(table).flatMap((chain): readonly Found[] => {
        const end = chain.rules.findIndex((rule) => droppedProtocol(rule) === undefined);
        const rules = end === -1 ? chain.rules : chain.rules.slice(0, end);
        if (rules.length === 0) return [];
        const where = placeText(family, table.name, chain.name);
        const protocols = rules.flatMap((rule) => droppedProtocol(rule)?.toUpperCase() ?? []).join(' and ');
        const command = rules
          .map((rule) => iptablesCommand(subject, family, table.name, `-D ${chain.name} ${printWholeRule(rule)}`))
          .join('; ');
        return [{ code: 'guardrail', args: { where, protocols, command }, family, table: table.name, chain: chain.name }];
      }),
    );

/** The protocol that a rule drops all packets of, whatever its comment. */
function droppedProtocol({ matches, target }: Rule): 'tcp' | 'udp' | undefined {
  return droppedAlone({ matches: matches.filter(({ kind }) => kind !== 'comment'), target });
}

/** Policies that refuse packets of a pod; that of FORWARD is no question of a pod, and Docker sets it on nodes. */
export const policies: Check = (subject) =>
  tablesOf(subject).flatMap(({ family, table }) =>
    builtInChains(table)
      .filter(({ name, policy }) => (policy === 'DROP' || policy === 'QUEUE') && !(table.name === 'filter' && name === 'FORWARD'))
      .map(({ name, policy }): Found => {
        const where = placeText(family, table.name, name);
        return { code: 'policy', args: { where, policy }, family, table: table.name, chain: name };
      }),
  );
