/** A host made ready for packets of one family: its addresses as ranges, its interfaces by name. */

import { addressValue, networkRange } from '../address/address.ts';
import { everywhere, parseNetwork } from '../address/network.ts';
import type { Ranges, Value } from '../address/ranges.ts';
import { contains, subtract, union } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import { familyOfAddress } from '../family.ts';
import type { Host } from './host.ts';
import type { PreparedRouting } from './prepare-routing.ts';
import { prepareRouting } from './prepare-routing.ts';

export interface PreparedHost {
  readonly host: Host;
  readonly family: Family;
  /** Every address there is. */
  readonly everywhere: Ranges;
  /** Every address that may be in a packet on the wire. */
  readonly outside: Ranges;
  readonly loopback: Ranges;
  /** What is delivered here: loopback, and the addresses of all interfaces. */
  readonly local: Ranges;
  /** Of these, what is delivered here when it comes from outside. */
  readonly localFromOutside: Ranges;
  /** Where REDIRECT sends what is made here. */
  readonly loopbackAddress: Value;
  /** Addresses of each interface, in their order. */
  readonly addresses: ReadonlyMap<string, readonly Value[]>;
  /** All interfaces but `lo`. */
  readonly outsideInterfaces: string | readonly string[];
  /** Addresses of many, of which this machine is one: broadcast addresses, and the group of all. */
  readonly many: Ranges;
  /** Groups that it may have joined. */
  readonly groups: Ranges;
  /** Where it is known in full. */
  readonly routing: PreparedRouting | undefined;
  /** Where packets to elsewhere leave. */
  readonly away: string | readonly string[];
  /** Networks of the family with an interface of their own. */
  readonly behind: readonly { readonly ranges: Ranges; readonly interface: string }[];
}

const LOOPBACK: Readonly<Record<Family, string>> = { ip: '127.0.0.0/8', ip6: '::1' };

const GROUPS: Readonly<Record<Family, string>> = { ip: '224.0.0.0/4', ip6: 'ff00::/8' };

/** Every machine is in these groups. */
const ALL_HOSTS: Readonly<Record<Family, readonly string[]>> = {
  ip: ['255.255.255.255', '224.0.0.1'],
  ip6: ['ff01::1', 'ff02::1'],
};

function broadcastsIn({ interfaces }: Host, family: Family): Ranges {
  return family === 'ip6' ? [] : interfaces.flatMap(({ networks = [] }) => networks.flatMap(broadcastOf));
}

/** The last address of an IPv4 network; networks of one or two addresses have none (RFC 3021). */
function broadcastOf(text: string): Ranges {
  const network = text.includes(':') ? null : parseNetwork(text);
  if (network === null || network.prefix > 30) return [];
  const { last } = networkRange(network);
  return [{ first: last, last }];
}

/** Throws a RangeError for an address that is none. */
export function prepareHost(host: Host, family: Family): PreparedHost {
  const own = new Map(host.interfaces.map(({ name, addresses }) => [name, addresses.filter((text) => familyOfAddress(text) === family)]));
  const addresses = new Map([...own].map(([name, texts]) => [name, texts.map((text) => addressValue(text, family))]));
  const loopback = rangesOf(LOOPBACK[family]);
  const all = [networkRange(everywhere(family))];
  const names = [...own.keys()].filter((name) => name !== 'lo');
  const outsideInterfaces = names.length === 1 ? (names[0] ?? names) : names;
  const routing = host.routing === undefined ? undefined : prepareRouting(host.routing, family);
  const local =
    routing !== undefined
      ? union([...loopback, ...routing.local])
      : union([...loopback, ...[...addresses.values()].flat().map((value) => ({ first: value, last: value }))]);
  return {
    host,
    family,
    everywhere: all,
    outside: subtract(all, loopback),
    loopback,
    local,
    localFromOutside: subtract(local, loopback),
    loopbackAddress: addressValue(family === 'ip' ? '127.0.0.1' : '::1', family),
    addresses,
    outsideInterfaces,
    many: host.ignoresMany === true ? [] : union([...ALL_HOSTS[family].flatMap(rangesOf), ...broadcastsIn(host, family)]),
    groups: host.ignoresMany === true ? [] : rangesOf(GROUPS[family]),
    routing,
    away: host.defaultInterface ?? outsideInterfaces,
    behind: (host.behind ?? [])
      .filter(({ network }) => familyOfAddress(network) === family)
      .map(({ network, interface: by }) => ({ ranges: rangesOf(network), interface: by })),
  };
}

function rangesOf(text: string): Ranges {
  const network = parseNetwork(text);
  return network === null ? [] : [networkRange(network)];
}

export const LINK_LOCAL = rangesOf('fe80::/10');

/**
 * The address that REDIRECT gives to what arrives at an interface: its first, and for IPv6 a link-local one only, and always,
 * where the destination is link-local. Undefined where it has none, and the packet is dropped.
 */
export function arrivalAddress(prepared: PreparedHost, name: string, destination: Value | Ranges): Value | undefined {
  const own = prepared.addresses.get(name) ?? [];
  if (prepared.family === 'ip') return own[0];
  const toLinkLocal = typeof destination === 'object' ? subtract(destination, LINK_LOCAL).length === 0 : contains(LINK_LOCAL, destination);
  return own.find((address) => contains(LINK_LOCAL, address) === toLinkLocal) ?? (toLinkLocal ? undefined : own[0]);
}
