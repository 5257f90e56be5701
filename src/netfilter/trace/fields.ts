/** The fields of a walking packet, and what is known of one whose value is not. */

import type { Ranges, Value } from '../address/ranges.ts';
import { subtract } from '../address/ranges.ts';
import type { ConntrackState, Packet } from '../packet.ts';

/** Fields that hold a number, or the ranges that it is in. */
export type NumberField = 'protocol' | 'source' | 'destination' | 'sourcePort' | 'destinationPort' | 'uid' | 'gid' | 'mark' | 'connmark';

/** The number of what is not there: the port of an ICMP packet, the owner of a packet that no socket sent, the connmark of no flow. */
export const ABSENT = -1;

export const PORTS: Ranges = [{ first: 0, last: 0xffff }];
/** Of 32 bits: ids and marks. */
export const WORDS: Ranges = [{ first: 0, last: 0xffffffff }];
export const PROTOCOLS: Ranges = [{ first: 0, last: 255 }];
/** tcp, udp, dccp, sctp, udplite. */
export const WITH_PORTS: readonly Value[] = [6, 17, 33, 132, 136];

/** A header as conntrack keeps it. */
export type Header = Readonly<Record<'protocol' | 'source' | 'destination' | 'sourcePort' | 'destinationPort', Value | Ranges>>;

/** A packet's fields as they are at one point of its way; those that are not known as all values that they may have. */
export interface Fields extends Readonly<Record<NumberField, Value | Ranges>> {
  readonly packet: Packet;
  readonly inInterface: string | readonly string[];
  readonly outInterface: string | readonly string[];
  readonly state: ConntrackState | readonly ConntrackState[];
  readonly zone: number;
}

/** What is left of ranges, as a value where it is only one. */
export function narrowed(ranges: Ranges): Value | Ranges {
  const [only, another] = ranges;
  return only !== undefined && another === undefined && only.first === only.last ? only.first : ranges;
}

/** All but some. */
export function difference(ranges: Ranges, others: Ranges): Value | Ranges {
  return narrowed(subtract(ranges, others));
}
