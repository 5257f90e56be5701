/** What is captured outbound. */

import type { Network } from '../../../netfilter/address/network.ts';
import { everywhere, printNetwork } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { PortRange } from '../../../netfilter/numbers.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import { LOOPBACK } from '../../plan/context.ts';
import { isLoopback } from '../../plan/rules/owners.ts';
import type { Profile } from '../../releases/profile.ts';
import type { AllOr, SettingValues } from '../../settings/settings.ts';
import { isReturn, jumpsTo, matchValue } from '../ownership/rule-values.ts';
import type { ObservedRules } from './observed-rules.ts';
import { matchedPorts, matchesOnly, negatedValue } from './observed-rules.ts';
import { capturesLoopback } from './owners.ts';

/** The destinations of one family, of which settings name both families' in one list. */
export interface Ranges {
  readonly included: AllOr<Network>;
  readonly excluded: readonly Network[];
  /** Whether loopback of either family is among the included ones. */
  readonly loopback: boolean;
}

/** The outbound ports that one family shows; an excluded one stands there for TCP, and from 1.25 on for UDP as well. */
export function readOutboundPorts(observedRules: ObservedRules, { has }: Profile): readonly Partial<SettingValues>[] {
  if (!observedRules.sees('nat')) return [];
  const rules = observedRules.rules('nat', 'ISTIO_OUTPUT');
  const ports = (taken: (rule: Rule) => boolean, protocol: string): readonly PortRange[] =>
    rules.filter(taken).flatMap((rule) => matchedPorts(rule, protocol) ?? []);
  const included = has(observedRules.family === 'ip' ? 'includeOutboundPorts' : 'includeOutboundPorts6');
  const protocols = !has('excludeOutboundPorts') ? [] : has('excludeOutboundUdp') ? ['tcp', 'udp'] : ['tcp'];
  const both: Partial<SettingValues> = included ? { 'outbound.includePorts': ports((rule) => jumpsTo(rule, 'ISTIO_REDIRECT'), 'tcp') } : {};
  const excluded = protocols.map((protocol) => ports((rule) => isReturn(rule), protocol));
  return excluded.length === 0 ? [both] : excluded.map((list) => ({ ...both, 'outbound.excludePorts': list }));
}

/** What counts as loopback in IPv4: the proxy's own calls are those to anywhere else. */
export function readLoopback(observedRules: ObservedRules, { has }: Profile): Partial<SettingValues> {
  if (observedRules.family !== 'ip' || !has('loopbackRange')) return {};
  const calls = [...observedRules.rules('nat', 'ISTIO_OUTPUT'), ...observedRules.rules('mangle', 'ISTIO_TPROXY', 'OUTPUT')];
  const network =
    calls.flatMap((rule) => (negatedValue(rule, 'destination') as Network | undefined) ?? [])[0] ?? firstReturned(observedRules);
  return network === undefined ? {} : { 'outbound.loopback': network };
}

function firstReturned(observedRules: ObservedRules): Network | undefined {
  const first = observedRules.rules('nat', 'ISTIO_OUTPUT').find((rule) => isReturn(rule) && matchesOnly(rule, 'destination'));
  return first === undefined ? undefined : matchValue(first, 'destination');
}

/** The destinations that a family shows; undefined where it does not show them. */
export function readRanges(observedRules: ObservedRules, profile: Profile, loopback: Network): Ranges | undefined {
  const { family } = observedRules;
  const { has } = profile;
  if (!observedRules.sees('nat') || (family === 'ip6' && !has('rules6'))) return undefined;
  const rules = observedRules.rules('nat', 'ISTIO_OUTPUT').filter((rule) => matchesOnly(rule) || matchesOnly(rule, 'destination'));
  const own = printNetwork(family === 'ip' ? loopback : LOOPBACK.ip6);
  const start = rules.findIndex((rule) => isReturn(rule) && printed(rule) === own);
  const redirects = rules.filter((rule) => jumpsTo(rule, 'ISTIO_REDIRECT'));
  const last = rules.at(-1);
  const ended = has('returnAfterRanges') && last !== undefined && isReturn(last) && matchesOnly(last) && redirects.length > 0;
  const excluded = rules.filter(
    (rule, index) => isReturn(rule) && index !== start && (index > start || !matchesOnly(rule)) && !(ended && rule === last),
  );
  const ranges = (list: readonly Rule[]): readonly Network[] => list.map((rule) => matchValue(rule, 'destination') ?? everywhere(family));
  const all = redirects.length === 1 && redirects.every((rule) => matchesOnly(rule)) && !ended;
  return { included: all ? '*' : ranges(redirects), excluded: ranges(excluded), loopback: capturesLoopback(observedRules, profile) };
}

function printed(rule: Rule): string | undefined {
  const network = matchValue(rule, 'destination');
  return network === undefined ? undefined : printNetwork(network);
}

/** Both families' destinations as settings name them; everything is one value for both, or none of them. */
export function joinRanges(ip: Ranges | undefined, ip6: Ranges | undefined): Partial<SettingValues> {
  const found = [ip, ip6].filter((ranges) => ranges !== undefined);
  if (found.length === 0) return {};
  const listed = (ranges: Ranges | undefined, family: Family): readonly Network[] =>
    ranges === undefined ? [] : ranges.included === '*' ? [everywhere(family)] : ranges.included;
  const observedRules = [...listed(ip, 'ip'), ...listed(ip6, 'ip6')];
  const hidden = found.some(({ loopback }) => loopback) && !observedRules.some(isLoopback);
  const unseen = ip6 === undefined ? LOOPBACK.ip6 : LOOPBACK.ip;
  return {
    'outbound.includeRanges':
      found.every(({ included }) => included === '*') && !hidden ? '*' : [...observedRules, ...(hidden ? [unseen] : [])],
    'outbound.excludeRanges': found.flatMap(({ excluded }) => excluded),
  };
}
