/**
 * What istio-iptables --reconcile (1.24 and later) puts on top of filter's chains while it works, and leaves there when it
 * is killed: DROP for all TCP and all UDP in INPUT, FORWARD and OUTPUT (istio-history, 1.4). The pod is cut off by them.
 */

import type { Rule, Ruleset } from '../../../netfilter/rule.ts';
import { chainIn } from '../../../netfilter/rule.ts';

const CHAINS = ['INPUT', 'FORWARD', 'OUTPUT'];

/** The guardrails on top of one chain. */
interface Guarded {
  readonly chain: string;
  readonly rules: readonly Rule[];
}

/** All of them where the whole set stands, which nothing else makes; and what stands there of half a set, which may be somebody's own. */
export function guardrailsIn(ruleset: Ruleset): { readonly whole: readonly Rule[]; readonly some: readonly Guarded[] } {
  const some = CHAINS.flatMap((name): Guarded[] => {
    const rules = chainIn(ruleset, 'filter', name)?.rules ?? [];
    const end = rules.findIndex((rule) => droppedProtocol(rule) === undefined);
    const top = end === -1 ? rules : rules.slice(0, end);
    return top.length === 0 ? [] : [{ chain: name, rules: top }];
  });
  const isWhole = some.length === CHAINS.length && some.every(({ rules }) => new Set(rules.map(droppedProtocol)).size === 2);
  return isWhole ? { whole: some.flatMap(({ rules }) => rules), some: [] } : { whole: [], some };
}

/** The protocol that a rule drops all packets of, with nothing else said. */
export function droppedProtocol({ matches: [only, second], target }: Pick<Rule, 'matches' | 'target'>): 'tcp' | 'udp' | undefined {
  if (target.kind !== 'verdict' || target.verdict !== 'DROP' || second !== undefined) return undefined;
  if (only?.kind !== 'protocol' || only.negated) return undefined;
  return only.value === 'tcp' || only.value === 'udp' ? only.value : undefined;
}
