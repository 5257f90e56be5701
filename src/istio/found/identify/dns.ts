/** Which DNS is captured. */

import type { Network } from '../../../netfilter/address/network.ts';
import type { PortRange } from '../../../netfilter/numbers.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { isPort, isReturn, jumpsTo, matchValue } from '../ownership/rule-values.ts';
import type { ObservedRules } from './observed-rules.ts';
import { negatedValue } from './observed-rules.ts';

/** The DNS that one family shows. */
export interface Dns {
  readonly capture: SettingValues['dns.capture'];
  readonly servers: readonly Network[];
  /** The port of the agent, where a rule names it. */
  readonly agent: number | undefined;
  /** Whether conntrack zones are set. */
  readonly zones: boolean;
}

const PLACES = ['ISTIO_OUTPUT_DNS', 'ISTIO_OUTPUT', 'OUTPUT'];

/** DNS as the rules for TCP name it, then those for UDP, then those of the zones: the same in rules that nobody changed. */
export function readDns(observedRules: ObservedRules): readonly Dns[] {
  const nat = [...observedRules.rules('nat', ...PLACES), ...observedRules.rules('nat', 'ISTIO_REDIRECT')].filter(matchesDns);
  const toAgent = nat.filter((rule) => ['REDIRECT', 'DNAT'].includes(targetName(rule)));
  const zones = observedRules.rules('raw', ...PLACES).filter((rule) => targetName(rule) === 'CT');
  const tcp = toAgent.filter((rule) => matchValue(rule, 'protocol') === 'tcp');
  const udp = toAgent.filter((rule) => matchValue(rule, 'protocol') === 'udp');
  const zoned = zones.filter((rule) => matchesDns(rule) && !matchesOwner(rule));
  const agent = [...udp, ...tcp].map(agentOf)[0] ?? zones.flatMap((rule) => onePort(matchValue(rule, 'source-port')) ?? [])[0];
  const on = toAgent.length > 0 || zones.length > 0 || marksDns(observedRules);
  const sources = [tcp, udp, zoned].filter((rules) => rules.length > 0);
  return (sources.length > 0 ? sources : [[]]).map((rules): Dns => {
    const all = rules.some((rule) => matchValue(rule, 'destination') === undefined);
    return {
      capture: all ? 'all' : on ? 'servers' : 'off',
      servers: rules.flatMap((rule) => matchValue(rule, 'destination') ?? []),
      agent,
      zones: zones.length > 0,
    };
  });
}

/** nft may show the name of a target alone. */
function targetName({ target }: Rule): string {
  return target.kind === 'opaque' ? target.name : target.kind;
}

function matchesDns(rule: Rule): boolean {
  return isPort(matchValue(rule, 'destination-port'), 53);
}

function matchesOwner({ matches }: Rule): boolean {
  return matches.some(({ kind }) => kind === 'uid-owner' || kind === 'gid-owner');
}

function onePort(range: PortRange | undefined): number | undefined {
  return range !== undefined && 'first' in range && range.first === range.last ? range.first : undefined;
}

function agentOf({ target }: Rule): number | undefined {
  if (target.kind === 'REDIRECT') return 'first' in target.value ? target.value.first : undefined;
  return target.kind === 'DNAT' ? Number(/:(\d+)$/.exec(target.value.to)?.[1] ?? 0) : undefined;
}

/** Without a server DNS leaves traces all the same: queries that return, jumps, and exceptions in the owners' rules. */
function marksDns(observedRules: ObservedRules): boolean {
  const inOutput = observedRules.rules('nat', 'OUTPUT').some((rule) => {
    const queries = isReturn(rule) && matchesDns(rule);
    return queries || (jumpsTo(rule, 'ISTIO_OUTPUT') && matchValue(rule, 'protocol') === 'udp');
  });
  return inOutput || observedRules.rules('nat', 'ISTIO_OUTPUT').some((rule) => jumpsTo(rule, 'ISTIO_OUTPUT_DNS') || leavesDnsOut(rule));
}

function leavesDnsOut(rule: Rule): boolean {
  if (!matchesOwner(rule)) return false;
  const several = negatedValue(rule, 'destination-ports') as readonly PortRange[] | undefined;
  if (several !== undefined) return isPort(several[0], 53);
  // In the proxy's own calls, 53 alone may be the tunnel's port.
  return isReturn(rule) && (matchesDns(rule) || isPort(negatedValue(rule, 'destination-port') as PortRange | undefined, 53));
}
