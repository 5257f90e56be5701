/** What the counters of the rules on a packet's way say: whether packets like it have come at all. */

import { knownCounters } from '../../netfilter/rule.ts';
import type { RuleStep, Step, Trace } from '../../netfilter/trace/result.ts';

/** Of each table the last rule that matched, where a source shows counters: `nat ISTIO_INBOUND 5 has counted 27 connections`. */
export function countedOn(trace: Trace): readonly string[] {
  const last = new Map<string, RuleStep>();
  for (const step of stepsOf(trace)) if (step.kind === 'rule' && step.answer === 'matched') last.set(step.table, step);
  return [...last.values()].flatMap(({ table, chain, position, rule }) => {
    const counters = knownCounters(rule);
    if (counters === undefined) return [];
    // In nat only the first packet of a connection is asked.
    const what = `${table === 'nat' ? 'connection' : 'packet'}${counters.packets === 1n ? '' : 's'}`;
    const never = counters.packets === 0n ? ': none like it has come since the counters began' : '';
    return [`${table} ${chain} ${position} has counted ${counters.packets} ${what}${never}`];
  });
}

/** Up to the first question that a rule asks: a policy that is not shown is taken to let it pass. */
function stepsOf({ steps, split }: Trace): readonly Step[] {
  const passed = split?.question.kind === 'policy' ? split.branches.find(({ answer }) => answer === 'accept') : undefined;
  return passed === undefined ? steps : [...steps, ...stepsOf(passed.trace)];
}
