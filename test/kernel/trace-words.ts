/** What Istio's words may be for a packet, by what the kernel told of it alone. */

import type { ProxyPorts, VerdictId } from '../../src/istio/packets/verdict.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { positionOf } from './trace-agreement.ts';
import type { Journey } from './tracing.ts';

const CATCHING = ['REDIRECT', 'DNAT', 'TPROXY'];
/** Of the agent now, and in its first releases. */
const DNS = [15053, 15013];

/** The kinds of target of the rules that a packet matched. */
export function targetsMet({ tables }: Ruleset, { passed }: Journey): readonly string[] {
  return passed.flatMap(({ table, chain, position }) => {
    const found = tables.find(({ name }) => name === table)?.chains.find(({ name }) => name === chain);
    const rule = found?.rules.find((one, index) => positionOf(one, index + 1) === position);
    return rule === undefined ? [] : [rule.target.kind];
  });
}

/** One verdict, or two where one port of the proxy is for both directions. */
export function verdictsFor(rules: Ruleset, journey: Journey, { inbound, outbound }: ProxyPorts): readonly VerdictId[] {
  const { end } = journey;
  if (end.kind === 'dropped' || end.kind === 'not-routed') return ['dropped'];
  if (end.kind === 'left' || !targetsMet(rules, journey).some((kind) => CATCHING.includes(kind))) return ['direct'];
  const port = end.listener ?? end.dport;
  if (DNS.includes(port)) return ['dns-agent'];
  // Before there was a port for it, what came in was caught on that for what goes out.
  if (port === outbound) return ['envoy-outbound', 'envoy-inbound'];
  return [port === inbound ? 'envoy-inbound' : 'direct'];
}
