/** What is captured inbound, and the proxy's ports. */

import type { PortRange } from '../../../netfilter/numbers.ts';
import type { Rule } from '../../../netfilter/rule.ts';
import type { Profile } from '../../releases/profile.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { isPort, isReturn, jumpsTo } from '../ownership/rule-values.ts';
import { capturesByTproxy, marksIn } from './marks.ts';
import type { ObservedRules } from './observed-rules.ts';
import { matchedPorts, negatedValue } from './observed-rules.ts';

type Values = Partial<SettingValues>;

/** The inbound ports that one family shows. */
export function readInbound(observedRules: ObservedRules, profile: Profile): Values {
  const table = capturesByTproxy(observedRules) ? 'mangle' : 'nat';
  // Marks for TPROXY, and nothing that they are for.
  if (!observedRules.sees(table)) return marksIn(observedRules).length > 0 ? { 'inbound.includePorts': [] } : {};
  const rules = observedRules.rules(table, 'ISTIO_INBOUND');
  const captures = rules.filter((rule) => jumpsTo(rule, 'ISTIO_IN_REDIRECT', 'ISTIO_TPROXY'));
  const hooked = observedRules.rules(table, 'PREROUTING').some((rule) => jumpsTo(rule, 'ISTIO_INBOUND'));
  const excluded = excludedPorts(rules, table === 'nat' ? readTunnelPort(observedRules, profile) : undefined, profile);
  const listed = captures.flatMap((rule) => matchedPorts(rule, 'tcp') ?? []);
  if (captures.length === 0 && !hooked) return { 'inbound.includePorts': [] };
  const everything = listed.every(isEverything);
  // Port 22 returns where all ports are wanted, and nothing returns beside a list: a list of every port has neither.
  const bare = profile.has('sshBypass') && !excluded.ssh && excluded.ports.length === 0;
  const list = listed.length > 1 || !everything || (listed.length === 1 && bare);
  return list ? { 'inbound.includePorts': listed } : { 'inbound.includePorts': '*', 'inbound.excludePorts': excluded.ports };
}

function isEverything(range: PortRange): boolean {
  return 'first' in range && range.first === 0 && range.last === 65535;
}

/** The ports that return, without those that the release lets return by itself. */
function excludedPorts(
  rules: readonly Rule[],
  tunnel: number | undefined,
  { has }: Profile,
): { readonly ports: readonly PortRange[]; readonly ssh: boolean } {
  const ports = rules.filter((rule) => isReturn(rule)).flatMap((rule) => matchedPorts(rule, 'tcp') ?? []);
  const withoutOne = (list: readonly PortRange[], number: number | undefined): readonly PortRange[] => {
    const at = number === undefined ? -1 : list.findIndex((range) => isPort(range, number));
    return at === -1 ? list : list.toSpliced(at, 1);
  };
  const withSsh = withoutOne(ports, tunnel);
  const left = has('sshBypass') ? withoutOne(withSsh, 22) : withSsh;
  return { ports: left, ssh: left.length < withSsh.length };
}

/** The tunnel's port, as the proxy's own calls name it, or the first port that returns; undefined where the release has none. */
function readTunnelPort(observedRules: ObservedRules, { has }: Profile): number | undefined {
  if (!has('tunnelPortReturn')) return undefined;
  const named = has('tunnelPortException') ? tunnelInOwnCalls(observedRules) : undefined;
  if (named !== undefined) return named;
  const first = observedRules.rules('nat', 'ISTIO_INBOUND').find((rule) => isReturn(rule));
  const range = first === undefined ? undefined : matchedPorts(first, 'tcp');
  return range !== undefined && 'first' in range && range.first === range.last ? range.first : undefined;
}

function tunnelInOwnCalls(observedRules: ObservedRules): number | undefined {
  const calls = observedRules.rules('nat', 'ISTIO_OUTPUT').filter((rule) => jumpsTo(rule, 'ISTIO_IN_REDIRECT'));
  const several = calls.flatMap((rule) => (negatedValue(rule, 'destination-ports') as readonly PortRange[] | undefined) ?? []);
  const single = calls.flatMap((rule) => (negatedValue(rule, 'destination-port') as PortRange | undefined) ?? []);
  // Of 53 and the tunnel's port, the tunnel's is the last; a group's rule names it alone.
  const range = single.at(-1) ?? several.at(-1);
  return range !== undefined && 'first' in range ? range.first : undefined;
}

/** The ports of the proxy that one family shows. */
export function readProxyPorts(
  observedRules: ObservedRules,
  profile: Profile,
  includePorts: SettingValues['inbound.includePorts'] | undefined,
): Values {
  const redirected = (chain: string): number | undefined => {
    const targets = observedRules
      .rules('nat', chain)
      .flatMap((rule) => (matchedPorts(rule, 'tcp') === undefined || matchesDns(rule) ? [] : rule.target));
    const first = targets.find((target) => target.kind === 'REDIRECT');
    return first !== undefined && 'first' in first.value ? first.value.first : undefined;
  };
  const tproxy = observedRules
    .rules('mangle', 'ISTIO_TPROXY')
    .flatMap(({ target }) => (target.kind === 'TPROXY' ? target.value.port : []))[0];
  const connmark = profile.has('tproxyConnmark');
  const shared = profile.has('inboundPortForAllOnly') && includePorts !== '*';
  const proxy = redirected('ISTIO_REDIRECT') ?? (connmark ? undefined : tproxy);
  const inbound = shared ? undefined : (redirected('ISTIO_IN_REDIRECT') ?? (connmark ? tproxy : undefined));
  const tunnel = readTunnelPort(observedRules, profile);
  return {
    ...(proxy === undefined ? {} : { 'proxy.port': proxy }),
    ...(inbound === undefined ? {} : { 'proxy.inboundPort': inbound }),
    ...(tunnel === undefined ? {} : { 'proxy.tunnelPort': tunnel }),
  };
}

function matchesDns(rule: Rule): boolean {
  return isPort(matchedPorts(rule, 'tcp'), 53);
}
