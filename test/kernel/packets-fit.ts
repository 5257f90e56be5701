/** Whether a match holds for a packet that is yet to be sent, as far as that can be told beforehand. */

import { addressValue, networkRange } from '../../src/netfilter/address/address.ts';
import type { Network } from '../../src/netfilter/address/network.ts';
import type { Range, Value } from '../../src/netfilter/address/ranges.ts';
import type { Masked } from '../../src/netfilter/numbers.ts';
import type { KnownMatch } from '../../src/netfilter/rule/match.ts';
import type { Protocol } from './packets.ts';

/** What is known of a packet that is being made. */
export interface Sketch {
  readonly source: string;
  readonly destination: string;
  readonly in: string;
  readonly out: string;
  readonly protocol: Protocol;
  readonly sport: number;
  readonly dport: number;
  readonly uid: number;
  readonly gid: number;
  readonly mark: number;
}

/** Whether it holds; true where the sketch does not say. */
export function fits(match: KnownMatch, sketch: Partial<Sketch>): boolean {
  const answer = holds(match, sketch);
  return answer === undefined || answer !== match.negated;
}

function holds(
  { kind, value }: KnownMatch,
  { source, destination, in: arrives, out, protocol, sport, dport, uid, gid, mark }: Partial<Sketch>,
): boolean | undefined {
  switch (kind) {
    case 'source':
      return source === undefined ? undefined : isWithin(value, source);
    case 'destination':
      return destination === undefined ? undefined : isWithin(value, destination);
    case 'in-interface':
      return arrives === undefined ? undefined : value === arrives;
    case 'out-interface':
      return out === undefined ? undefined : value === out;
    case 'protocol':
      return protocol === undefined ? undefined : value === protocol || (value === 'ipv6-icmp' && protocol === 'icmp');
    case 'source-port':
      return among([value], sport);
    case 'destination-port':
      return among([value], dport);
    case 'source-ports':
      return among(value, sport);
    case 'destination-ports':
      return among(value, dport);
    case 'either-ports':
      return among(value, sport) || among(value, dport);
    case 'uid-owner':
      return among([value], uid);
    case 'gid-owner':
      return among([value], gid);
    case 'conntrack-state':
    case 'state':
      return value.includes('NEW');
    case 'mark':
      return mark === undefined ? undefined : isMarked(value, mark);
    case 'connmark':
      return mark === undefined ? undefined : isMarked(value, mark);
    case 'source-type':
    case 'destination-type':
      return undefined;
    case 'socket':
      return false;
    case 'comment':
      return true;
    default:
      return kind satisfies never;
  }
}

type Named = { readonly first: number; readonly last: number } | object;

function among(ranges: readonly Named[], number: number | undefined): boolean | undefined {
  if (number === undefined) return undefined;
  return ranges.some((range) => 'first' in range && number >= range.first && number <= range.last);
}

function isMarked({ value, mask }: Masked, mark: number): boolean {
  return (mark & mask) >>> 0 === value;
}

const values = new Map<string, Value>();
const ranges = new WeakMap<Network, Range>();

/** Whether a network of the same family holds an address. */
export function isWithin(network: Network, address: string): boolean {
  const family = address.includes(':') ? 'ip6' : 'ip';
  if (family !== network.family) return false;
  const value = values.get(address) ?? addressValue(address, family);
  const range = ranges.get(network) ?? networkRange(network);
  values.set(address, value);
  ranges.set(network, range);
  return value >= range.first && value <= range.last;
}
