/** The values of fields that make a difference to a ruleset: what its rules name, and what lies right beside it. */

import { networkRange, printAddress } from '../../src/netfilter/address/address.ts';
import type { Network } from '../../src/netfilter/address/network.ts';
import { parseNetwork } from '../../src/netfilter/address/network.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import type { KnownMatch } from '../../src/netfilter/rule/match.ts';
import type { Ruleset } from '../../src/netfilter/rule.ts';
import { isWithin } from './packets-fit.ts';
import type { Random } from './packets-random.ts';
import type { Device } from './tracing-place.ts';
import { BEHIND, DEVICE_NAMES, POD } from './tracing-place.ts';

export interface Values {
  /** Addresses of this machine that can be called. */
  readonly local: readonly string[];
  /** All others. */
  readonly remote: readonly string[];
  readonly ports: readonly number[];
  readonly uids: readonly number[];
  readonly gids: readonly number[];
  readonly marks: readonly number[];
}

const LOOPBACK: Readonly<Record<Family, readonly string[]>> = {
  ip: ['127.0.0.1', '127.0.0.6', '127.0.0.53', '127.1.2.3'],
  ip6: ['::1'],
};
const AWAY: Readonly<Record<Family, readonly string[]>> = { ip: ['203.0.113.7', '10.9.9.9'], ip6: ['2001:db8::7', 'fd00:9::9'] };
const BROADCAST = '127.255.255.255';
const PORTS = [22, 53, 80, 443, 8080, 15001, 15006, 15008, 15053];

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1' || address === '::6';
}

const BEHIND_NETWORKS = DEVICE_NAMES.flatMap((name) =>
  FAMILIES.map((family) => ({ name, family, network: parseNetwork(BEHIND[name][family]) as Network })),
);

/** The device by which a packet to an address leaves. */
export function deviceTo(address: string, family: Family, local: readonly string[]): Device | 'lo' {
  if (local.includes(address) || isLoopback(address)) return 'lo';
  return BEHIND_NETWORKS.find((one) => one.family === family && isWithin(one.network, address))?.name ?? DEVICE_NAMES[0];
}

/** Both ends of a network, one address in it, and its neighbours. */
function around(network: Network, random: Random): readonly string[] {
  const { first, last } = networkRange(network);
  if (typeof first === 'bigint' || typeof last === 'bigint') {
    const [from, to] = [BigInt(first), BigInt(last)];
    const inside = from + (BigInt(random.whole(0, 2 ** 40)) % (to - from + 1n));
    return [from, to, inside, from - 1n, to + 1n].filter((value) => value >= 0n && value < 1n << 128n).map(printAddress);
  }
  return [first, last, random.whole(first, last), first - 1, last + 1].filter((value) => value >= 0 && value < 2 ** 32).map(printAddress);
}

/** Whether one machine may have it: no group, no link, no reserved range. */
function isUnicast(address: string): boolean {
  if (address.includes(':')) return /^(2[0-9a-f]{3}|3[0-9a-f]{3}|f[cd][0-9a-f]{2}):/.test(address);
  const [first = 0] = address.split('.').map(Number);
  return first > 0 && first < 224;
}

function rangesOf({ kind, value }: KnownMatch): readonly { readonly first: number; readonly last: number }[] {
  if (kind === 'mark' || kind === 'connmark') return [{ first: value.value, last: value.value }];
  if (typeof value !== 'object') return [];
  return [value].flat().flatMap((one) => (typeof one === 'object' && 'first' in one ? [one] : []));
}

/** What rules of one family name, and their neighbours. */
export function valuesOf({ family, tables }: Ruleset, loopback: readonly string[], random: Random): Values {
  const matches = tables
    .flatMap(({ chains }) => chains.flatMap(({ rules }) => rules.flatMap((rule) => rule.matches)))
    .filter((match) => match.kind !== 'opaque' && match.kind !== 'unknown');
  const numbers = (kinds: readonly string[], last: number): readonly number[] => [
    ...new Set(
      matches
        .filter(({ kind }) => kinds.includes(kind))
        .flatMap(rangesOf)
        .flatMap((range) => [range.first, range.last, range.first - 1, range.last + 1])
        .filter((value) => value >= 0 && value <= last),
    ),
  ];
  const networks = matches.flatMap((match) => (match.kind === 'source' || match.kind === 'destination' ? [match.value] : []));
  const named = [...new Map(networks.map((network) => [`${network.address}/${network.prefix}`, network])).values()];
  const addresses = named.flatMap((network) => around(network, random)).filter(isUnicast);
  const local = [...new Set([...DEVICE_NAMES.map((name) => POD[name][family]), ...LOOPBACK[family], ...loopback])];
  const own = addresses.filter((address) => isLoopback(address) && family === 'ip' && address !== BROADCAST);
  const away = [
    ...AWAY[family],
    ...BEHIND_NETWORKS.filter((one) => one.family === family).flatMap(({ network }) => around(network, random).slice(1, 3)),
  ];
  return {
    local: [...new Set([...local, ...own])],
    remote: [...new Set([...away, ...addresses])].filter((address) => !local.includes(address) && !isLoopback(address)),
    ports: [
      ...new Set([...PORTS, ...numbers(['source-port', 'destination-port', 'source-ports', 'destination-ports', 'either-ports'], 65535)]),
    ].filter((port) => port > 0),
    uids: [...new Set([0, 1000, 1337, ...numbers(['uid-owner'], 0xfffffffe)])],
    gids: [...new Set([0, 1000, 1337, ...numbers(['gid-owner'], 0xfffffffe)])],
    marks: numbers(['mark', 'connmark'], 0xffffffff),
  };
}
