/** The values that rules and hosts name: between two of them that are neighbours, all values are treated alike. */

import { networkRange } from '../address/address.ts';
import type { Range, Value } from '../address/ranges.ts';
import type { Masked, OwnerRange, PortRange } from '../numbers.ts';
import { PROTOCOLS_WITH_PORTS, protocolNumber } from '../protocols.ts';
import type { Match } from '../rule/match.ts';
import type { Rule } from '../rule.ts';
import { maskOf } from '../trace/host.ts';
import type { PreparedHost } from '../trace/prepare-host.ts';
import { LINK_LOCAL } from '../trace/prepare-host.ts';
import { parseTranslation } from '../trace/translation.ts';

/** Everything that somebody names, by the field that it is a value of. */
export interface Named {
  readonly protocol: Range[];
  readonly source: Range[];
  readonly destination: Range[];
  readonly sourcePort: Range[];
  readonly destinationPort: Range[];
  readonly uid: Range[];
  readonly gid: Range[];
  readonly mark: Masked[];
}

/** What a host names, and what every reader does. */
export function namedByHost(host: PreparedHost, ports: readonly number[]): Named {
  const own = [host.loopbackAddress, ...[...host.addresses.values()].flat()].map(only);
  const addresses = [...own, ...host.loopback, ...(host.family === 'ip6' ? LINK_LOCAL : [])];
  return {
    protocol: [...PROTOCOLS_WITH_PORTS, 'icmp', 'ipv6-icmp'].map((name) => only(protocolNumber(name) ?? 0)),
    source: [...addresses],
    destination: [...addresses],
    sourcePort: [],
    destinationPort: ports.map(only),
    uid: [],
    gid: [],
    mark: host.host.localByMark.map((one) => ({ value: one.mark, mask: maskOf(one) })),
  };
}

/** Adds what a rule names. */
export function nameRule(named: Named, { matches, target }: Rule, host: PreparedHost): void {
  for (const match of matches) nameMatch(named, match, host);
  switch (target.kind) {
    case 'MARK':
      named.mark.push(target.value);
      return;
    case 'TPROXY':
      named.mark.push(target.value.mark);
      named.destinationPort.push(only(target.value.port));
      return;
    case 'CONNMARK':
      if (target.value.action === 'set') named.mark.push(target.value);
      else named.mark.push({ value: 0, mask: target.value.nfmask }, { value: 0, mask: target.value.ctmask });
      return;
    case 'REDIRECT':
      if ('first' in target.value) named.destinationPort.push(target.value);
      return;
    case 'DNAT':
    case 'SNAT': {
      const { addresses, ports } = parseTranslation(target.value.to, host.family) ?? { addresses: null, ports: null };
      const [address, port] = target.kind === 'DNAT' ? (['destination', 'destinationPort'] as const) : (['source', 'sourcePort'] as const);
      if (addresses !== null) named[address].push(addresses);
      if (ports !== null) named[port].push(ports);
      return;
    }
    default:
      return;
  }
}

function nameMatch(named: Named, match: Match, host: PreparedHost): void {
  switch (match.kind) {
    case 'source':
    case 'destination':
      named[match.kind].push(networkRange(match.value));
      return;
    case 'source-type':
      named.source.push(...host.local);
      return;
    case 'destination-type':
      named.destination.push(...host.local);
      return;
    case 'protocol':
      named.protocol.push(only(protocolNumber(match.value) ?? 0));
      return;
    case 'source-port':
      namePorts(named.sourcePort, [match.value]);
      return;
    case 'destination-port':
      namePorts(named.destinationPort, [match.value]);
      return;
    case 'source-ports':
      namePorts(named.sourcePort, match.value);
      return;
    case 'destination-ports':
      namePorts(named.destinationPort, match.value);
      return;
    case 'either-ports':
      namePorts(named.sourcePort, match.value);
      namePorts(named.destinationPort, match.value);
      return;
    case 'uid-owner':
      namePorts(named.uid, [match.value]);
      return;
    case 'gid-owner':
      namePorts(named.gid, [match.value]);
      return;
    case 'mark':
    case 'connmark':
      named.mark.push(match.value);
      return;
    case 'conntrack-state':
    case 'state':
    case 'in-interface':
    case 'out-interface':
    case 'socket':
    case 'comment':
    case 'opaque':
    case 'unknown':
      return;
    default:
      match satisfies never;
  }
}

function namePorts(to: Range[], ranges: readonly (PortRange | OwnerRange)[]): void {
  to.push(...ranges.filter((range) => 'first' in range));
}

function only(value: Value): Range {
  return { first: value, last: value };
}
