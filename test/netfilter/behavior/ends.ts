/** Packets and ends on the two operands of the simulator: one packet, and sets of them. */

import { contains } from '../../../src/netfilter/address/ranges.ts';
import type { EndClass, FinalEnd } from '../../../src/netfilter/behavior/outcomes.ts';
import type { Prepared } from '../../../src/netfilter/behavior/prepared.ts';
import { valueIn } from '../../../src/netfilter/behavior/region.ts';
import { FIELDS } from '../../../src/netfilter/behavior/space.ts';
import type { Packet } from '../../../src/netfilter/packet.ts';
import type { End } from '../../../src/netfilter/trace/result.ts';

/** Ports that ends are told apart by. */
export const END_PORTS = [15001, 15006, 15053, 53];

/** As much of an end as sets and packets both know. */
export function classOf({ end }: FinalEnd): EndClass {
  const port = end.kind === 'local' && end.how !== 'plain' && end.how !== 'mark' && END_PORTS.includes(end.port ?? 0) ? end.port : '';
  const words = end.kind === 'local' ? `${end.how} ${port}` : end.kind;
  return { key: words, id: end.kind, words, known: end.kind !== 'unknown' };
}

/** All ends that a packet may come to, as the simulator tells one packet. */
export function possibleEnds(end: End): ReadonlySet<string> {
  if (end.kind !== 'unknown' || end.outcomes.length === 0) return new Set([classOf({ end }).key]);
  return new Set(end.outcomes.flatMap((outcome) => [...possibleEnds(outcome.end)]));
}

/** The place of a packet in the space. */
export function pointOf({ arena: { space }, own }: Prepared, packet: Packet): readonly number[] {
  return FIELDS.map((field) => {
    const value = valueIn(packet, field);
    const here = contains(own, valueIn(packet, 'destination') as number);
    if (field === 'outInterface' && here) return space.outInterface.indexOf('lo');
    return space[field].findIndex((atom) => (typeof atom === 'string' ? atom === value : contains([atom], value as number)));
  });
}

/** As a sender would send it: only what leaves by its destination has a way out. */
export function sent({ own, operands }: Prepared, packet: Packet): Packet {
  const marks = operands[0]?.host.host.localByMark.filter(({ family }) => family === packet.family) ?? [];
  const marked = marks.some(({ mark, mask = 0xffffffff }) => (((packet.mark ?? 0) ^ mark) & mask) === 0);
  return contains(own, valueIn(packet, 'destination') as number) || marked ? { ...packet, outInterface: undefined } : packet;
}
