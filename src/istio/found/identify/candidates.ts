import type { Family } from '../../../netfilter/family.ts';
import type { Profile } from '../../releases/profile.ts';
import type { SettingValues } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { jumpsTo } from '../ownership/rule-values.ts';
import { readDns } from './dns.ts';
import { readInbound, readProxyPorts } from './inbound.ts';
import { readInterfaces } from './interfaces.ts';
import { readDropInvalid, readMark, readMode } from './marks.ts';
import type { ObservedRules } from './observed-rules.ts';
import { joinRanges, readLoopback, readOutboundPorts, readRanges } from './outbound.ts';
import { readOwners } from './owners.ts';
import type { Part, Proposal } from './proposal.ts';
import { proposalOf } from './proposal.ts';

/** For each group of settings what they may be, the surest first; never empty. */
export type Candidates = readonly (readonly Part[])[];

export type BothFamilies = Readonly<Record<Family, ObservedRules>>;

/** A pod with rules of IPv6 has an address of it; no rule tells which. */
export const SOME_ADDRESS_6 = '2001:db8::1';

/** Nameservers of which rules show only that there is one, by the family of those rules. */
export const HIDDEN_SERVERS: Readonly<Record<Family, string>> = { ip: '2001:db8::53', ip6: '192.0.2.53' };

/**
 * What the rules say of settings, for one kind of release. In rules that this kind of release has made and nobody
 * has changed, the first of each choice is right: what stands where is known. The others are for rules that were
 * changed since: the same setting shows in several places, and in both families.
 */
export function candidatesFor({ ip, ip6 }: BothFamilies, profile: Profile): Candidates {
  const captured = [ip, ip6].filter((of) => of.captured);
  const observedRules = captured.length > 0 ? captured : [ip];
  const perFamily = (read: (of: ObservedRules) => Partial<SettingValues>): readonly Part[] => eitherFirst(observedRules.map(read));
  const perPlace = (read: (of: ObservedRules) => readonly Partial<SettingValues>[]): readonly Part[] =>
    eitherFirst(observedRules.flatMap((of) => read(of)));
  const inbound = perFamily((of) => readInbound(of, profile));
  const includePorts = inbound[0]?.values?.['inbound.includePorts'];
  const loopback = readLoopback(ip, profile);
  const ranges = joinRanges(
    ip.captured ? readRanges(ip, profile, loopback['outbound.loopback'] ?? LOOPBACK) : undefined,
    ip6.captured ? readRanges(ip6, profile, LOOPBACK) : undefined,
  );
  return [
    [{ values: Object.assign({}, ...observedRules.map(readMode)) }],
    inbound,
    perFamily((of) => readProxyPorts(of, profile, includePorts)),
    perPlace((of) => readOutboundPorts(of, profile)),
    [{ values: loopback }],
    [{ values: ranges }],
    perPlace((of) => readOwners(of, profile)),
    perPlace((of) => readInterfaces(of, profile)),
    perPlace(readMark),
    perFamily((of) => readDropInvalid(of, profile)),
    dnsParts(observedRules, profile),
    [{ switches: quirks(ip, ip6, profile), ...(ip6.captured ? { facts: { addresses: [SOME_ADDRESS_6] } } : {}) }],
  ];
}

const LOOPBACK = { family: 'ip', address: '127.0.0.1', prefix: 32 } as const;

/** Each reading, with what it does not show from the others; the first stands in front. */
function eitherFirst(readings: readonly Partial<SettingValues>[]): readonly Part[] {
  if (readings.length === 1) return readings.map((values) => ({ values }));
  const whole = readings.map((first): Partial<SettingValues> => Object.assign({}, ...readings.toReversed(), first));
  return whole.length === 0 ? [{}] : whole.map((values) => ({ values }));
}

function dnsParts(observedRules: readonly ObservedRules[], profile: Profile): readonly Part[] {
  const all = observedRules.map(readDns);
  return Array.from({ length: Math.max(...all.map(({ length }) => length)) }, (_, index): Part => {
    const found = all.flatMap((readings) => readings[index] ?? readings[0] ?? []);
    const captures = found.map(({ capture }) => capture);
    const capture = captures.includes('all') ? 'all' : captures.includes('servers') ? 'servers' : 'off';
    const named = found.flatMap((reading) => reading.servers.map(({ address }) => address));
    // Some releases capture nothing without a server: then it is one of the family that has no rules.
    const hidden = capture === 'servers' && named.length === 0 && profile.has('dnsNeedsServers');
    const servers = hidden ? [HIDDEN_SERVERS[observedRules[0]?.family ?? 'ip']] : named;
    // Only one release's environment chose between two ports.
    const agent = profile.has('dnsEnvironment17') ? found.flatMap((reading) => reading.agent ?? [])[0] : undefined;
    const zones = profile.has('dnsZonesByEnvironment') && found.some((reading) => reading.zones);
    return {
      values: { 'dns.capture': capture },
      switches: { ...(agent === undefined ? {} : { dnsPort: agent }), dnsZones: zones },
      facts: capture === 'off' ? {} : { nameservers: servers },
    };
  });
}

/** What only the older programs' environment, or a flag for debugging, can have asked for. */
function quirks(ip: ObservedRules, ip6: ObservedRules, { has }: Profile): Partial<Switches> {
  const ownCalls = ip.rules('nat', 'ISTIO_OUTPUT').some((rule) => {
    const elsewhere = rule.matches.some((match) => match.kind === 'destination' && match.negated);
    return elsewhere && jumpsTo(rule, 'ISTIO_IN_REDIRECT', 'ISTIO_REDIRECT');
  });
  const rejects6 = ip6.rules('filter', 'INPUT').some(({ target }) => target.kind === 'REJECT');
  return {
    traceLogging: has('traceLogging') && (ip.logged || ip6.logged),
    redirectsOwnCalls: !has('loopbackSwitch') || !ip.captured || !ip.sees('nat') || ownCalls,
    inbound6: !has('noReject6') && !has('rules6') && ip6.sees('filter') && !rejects6,
  };
}

/**
 * What a kind of release was told, if it made just these rules. Where mangle can't be seen, nothing captures
 * inbound traffic in nat: either nothing does, or TPROXY does in mangle.
 */
export function firstReadings(observedRules: BothFamilies, candidates: Candidates, profile: Profile): readonly Proposal[] {
  const first = proposalOf(
    profile,
    candidates.map(([part = {}]) => part),
  );
  const { ip, ip6 } = observedRules;
  const included = first.values['inbound.includePorts'];
  if (first.values.mode === 'TPROXY' || included.length > 0 || ip.sees('mangle') || !ip.sees('nat')) return [first];
  const in6 = ip6.captured ? readInbound(ip6, profile)['inbound.includePorts'] : undefined;
  const ports = in6 === undefined || in6.length === 0 ? '*' : in6;
  const values = { ...first.values, mode: 'TPROXY', 'inbound.includePorts': ports, ...readProxyPorts(ip, profile, ports) } as const;
  return [first, { ...first, values }];
}
