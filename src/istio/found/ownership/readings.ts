/** Which settings may have made a state: values read from its rules, as far as they change loose rules or tell releases apart. */

import type { Network } from '../../../netfilter/address/network.ts';
import type { OwnerRange, PortRange } from '../../../netfilter/numbers.ts';
import { port } from '../../../netfilter/numbers.ts';
import type { KnownMatch } from '../../../netfilter/rule/match.ts';
import type { Rule, Ruleset } from '../../../netfilter/rule.ts';
import type { SettingValues } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { sourcesOf } from './proxy.ts';
import type { Find } from './rule-values.ts';
import { distinct, finder, isPort, isReturn, jumpsTo, matchesOf, matchValue } from './rule-values.ts';

/** Settings, switches and nameservers to make rules of. */
export interface Reading {
  readonly values: SettingValues;
  readonly switches: Switches;
  readonly nameservers: readonly string[];
  /** Whether who the proxy is and which DNS is captured was read from chains of ours, which nobody else fills. */
  readonly fromChains: boolean;
}

/**
 * The readings of one family's state; `other` is the other family's, which the same settings made. Where
 * a rule may be ours or not, or places disagree, there is one reading for each possibility.
 */
export function readingsOf(own: Ruleset, other: Ruleset): readonly Reading[] {
  const find = finder(own);
  const both: Find = (table, ...chains) => [...find(table, ...chains), ...finder(other)(table, ...chains)];
  const tproxy =
    both('mangle', 'ISTIO_TPROXY', 'ISTIO_DIVERT').length > 0 ||
    both('mangle', 'PREROUTING', 'OUTPUT').some(({ target }) => target.kind === 'CONNMARK' || target.kind === 'MARK');
  const shared = { ...inboundValues(both, tproxy), ...outboundValues(find, both), ...markValues(both, find) };
  const switches = switchesIn(both);
  const invalid = find('mangle', 'PREROUTING').some(matchesInvalid) ? [true, false] : [false];
  const readings = sourcesOf(find, both).flatMap(({ uids, gids, excluded, servers, capture, fromChains }) =>
    excludedInterfaces(find).flatMap((exclude) =>
      reroutedInterfaces(find, both, exclude, shared['outbound.includeRanges'] === '*').flatMap((reroute) =>
        invalid.map(
          (dropInvalid): Reading => ({
            values: {
              ...shared,
              mode: tproxy ? 'TPROXY' : 'REDIRECT',
              'proxy.uids': uids,
              'proxy.gids': gids,
              'outbound.excludeOwnerGroups': excluded,
              'interfaces.exclude': exclude,
              'interfaces.reroute': reroute,
              'dns.capture': capture,
              dropInvalid,
              dualStack: false,
            },
            switches,
            nameservers: servers.map(({ address }) => address),
            fromChains,
          }),
        ),
      ),
    ),
  );
  return distinct(readings);
}

function matchesInvalid(rule: Rule): boolean {
  return matchValue(rule, 'conntrack-state')?.includes('INVALID') === true;
}

/** What counts here is only whether there are such ports: loose rules name none of them. */
const SOME_PORTS: readonly PortRange[] = [port(80)];

function inboundValues(both: Find, tproxy: boolean) {
  const rules = both(tproxy ? 'mangle' : 'nat', 'ISTIO_INBOUND');
  const captures = rules.filter((rule) => jumpsTo(rule, 'ISTIO_IN_REDIRECT', 'ISTIO_TPROXY'));
  const all = captures.some((rule) => matchValue(rule, 'destination-port') === undefined);
  const hooked = both('nat', 'PREROUTING')
    .concat(both('mangle', 'PREROUTING'))
    .some((rule) => jumpsTo(rule, 'ISTIO_INBOUND'));
  return {
    'proxy.port': 15001,
    'proxy.inboundPort': 15006,
    'proxy.tunnelPort': 15008,
    'inbound.includePorts': all ? ('*' as const) : captures.length > 0 || hooked ? SOME_PORTS : [],
    'inbound.excludePorts': rules.some((rule) => isReturn(rule) && matchValue(rule, 'destination-port') !== undefined) ? SOME_PORTS : [],
  };
}

function outboundValues(find: Find, both: Find) {
  const all = find('nat', 'ISTIO_OUTPUT').some((rule) => jumpsTo(rule, 'ISTIO_REDIRECT') && rule.matches.length === 0);
  const rules = both('nat', 'ISTIO_OUTPUT');
  const captures = rules.filter((rule) => jumpsTo(rule, 'ISTIO_REDIRECT'));
  const returns = rules.filter((rule) => isReturn(rule));
  const ranges = (of: readonly Rule[]): readonly Network[] =>
    of.flatMap((rule) => (rule.matches.length === 1 ? (matchValue(rule, 'destination') ?? []) : []));
  const ports = (of: readonly Rule[]): readonly PortRange[] =>
    of.some((rule) => matchValue(rule, 'protocol') !== undefined && matchValue(rule, 'destination-port') !== undefined) ? SOME_PORTS : [];
  return {
    'outbound.includeRanges': all ? ('*' as const) : ranges(captures),
    'outbound.excludeRanges': ranges(returns).filter((range) => !/^(127\..*|::1)$/.test(range.address)),
    'outbound.includePorts': ports(captures),
    'outbound.excludePorts': ports(returns.filter((rule) => !isPort(matchValue(rule, 'destination-port'), 53))),
    'outbound.ownerGroups': ownerGroups(both),
  };
}

/** Groups that everything else is limited to. */
function ownerGroups(both: Find): SettingValues['outbound.ownerGroups'] {
  const returns = both('nat', 'ISTIO_OUTPUT', 'OUTPUT').filter((rule) => isReturn(rule));
  const bare = returns.some((rule) => isPort(matchValue(rule, 'destination-port'), 53) && rule.matches.length === 2);
  const limiting = returns.find((rule) => matchValue(rule, 'out-interface') === undefined && matchesOf(rule).some(isOtherGroup));
  if (limiting === undefined) return bare ? [] : '*';
  return matchesOf(limiting).flatMap((match) => (isOtherGroup(match) ? [match.value as OwnerRange] : []));
}

function isOtherGroup({ kind, negated }: KnownMatch): boolean {
  return kind === 'gid-owner' && negated;
}

function markValues(both: Find, find: Find) {
  const mangle = both('mangle', 'PREROUTING', 'OUTPUT', 'ISTIO_DIVERT');
  const saved = mangle.flatMap((rule) =>
    rule.target.kind === 'CONNMARK' ? (matchValue(rule, 'mark') ?? matchValue(rule, 'connmark') ?? []) : [],
  )[0];
  const set = mangle.flatMap(({ target, matches }) =>
    target.kind === 'MARK' && !matches.some(({ kind }) => kind.endsWith('-owner')) ? [target.value] : [],
  )[0];
  const own = [...find('mangle', 'OUTPUT'), ...find('nat', 'ISTIO_OUTPUT')].flatMap(matchesOf);
  const loopback = own.find((match) => match.kind === 'destination' && match.negated && match.value.family === 'ip');
  return {
    'tproxy.mark': (saved ?? set)?.value ?? 1337,
    'tproxy.routeTable': 133,
    'outbound.loopback': loopback?.kind === 'destination' ? loopback.value : ({ family: 'ip', address: '127.0.0.1', prefix: 32 } as const),
  };
}

function switchesIn(both: Find): Switches {
  const dns = [
    ...both('nat', 'OUTPUT', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS', 'ISTIO_REDIRECT'),
    ...both('raw', 'OUTPUT', 'ISTIO_OUTPUT', 'ISTIO_OUTPUT_DNS'),
  ];
  const agents = dns.flatMap((rule): readonly number[] => {
    const { target } = rule;
    const query = isPort(matchValue(rule, 'destination-port'), 53);
    if (query && target.kind === 'REDIRECT' && 'first' in target.value) return [target.value.first];
    if (query && target.kind === 'DNAT') return [Number(/:(\d+)$/.exec(target.value.to)?.[1] ?? 15053)];
    const from = target.kind === 'CT' ? matchValue(rule, 'source-port') : undefined;
    return from !== undefined && 'first' in from && from.first !== 53 ? [from.first] : [];
  });
  const logged = [...both('nat', 'PREROUTING', 'OUTPUT', 'ISTIO_INBOUND'), ...both('mangle', 'PREROUTING', 'OUTPUT', 'ISTIO_INBOUND')].some(
    ({ target }) => target.kind === 'NFLOG',
  );
  return {
    dnsPort: agents[0] ?? 15053,
    dnsZones: true,
    redirectsOwnCalls: true,
    traceLogging: logged,
    inbound6: false,
    native: false,
    emptyInboundList: false,
  };
}

/** Interfaces that are left alone in both directions; perhaps by someone else. */
function excludedInterfaces(find: Find): readonly (readonly string[])[] {
  const pairs = (table: string): readonly string[] => {
    const out = new Set(returnsBy(find(table, 'OUTPUT'), 'out-interface'));
    return returnsBy(find(table, 'PREROUTING'), 'in-interface').filter((name) => out.has(name));
  };
  return distinct([pairs('nat'), pairs('mangle'), []]);
}

function returnsBy(rules: readonly Rule[], kind: 'in-interface' | 'out-interface'): readonly string[] {
  return [...new Set(rules.flatMap((rule) => (isReturn(rule) && rule.matches.length === 1 ? (matchValue(rule, kind) ?? []) : [])))];
}

/**
 * Interfaces of virtual machines. They are inserted one above the other, so that the last stands first. Where
 * all destinations are captured so is what comes in by them, and no rule but that says so.
 */
function reroutedInterfaces(find: Find, both: Find, excluded: readonly string[], all: boolean): readonly (readonly string[])[] {
  const captured = (of: Find): readonly string[] => {
    const jumps = of('nat', 'PREROUTING').filter((rule) => jumpsTo(rule, 'ISTIO_REDIRECT'));
    return [...new Set(jumps.flatMap((rule) => matchValue(rule, 'in-interface') ?? []))].reverse();
  };
  const certain = captured(find);
  if (certain.length > 0) return [certain];
  const perhaps = all ? [] : returnsBy(find('nat', 'PREROUTING'), 'in-interface').filter((name) => !excluded.includes(name));
  return distinct([captured(both), [...perhaps].reverse(), []]);
}
