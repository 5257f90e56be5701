/** Walks packets through rules as the kernel does. */

import type { Packet } from './packet.ts';
import type { Ruleset } from './rule.ts';
import { explore, exploreEnd } from './trace/explore.ts';
import type { Host } from './trace/host.ts';
import { prepareHost } from './trace/prepare-host.ts';
import type { End, Trace } from './trace/result.ts';
import { prepareRules } from './trace/rules.ts';

/** Rules and a host made ready for any number of packets of one family. */
export interface Simulator {
  /** The whole way of a packet. Throws a RangeError for a packet of another family, and for a protocol or an address that is none. */
  readonly trace: (packet: Packet) => Trace;
  /** Only its end: for many packets. Throws as `trace` does. */
  readonly end: (packet: Packet) => End;
}

/**
 * Makes a ruleset ready. A table that it does not have is empty; a chain whose policy is `unknown` accepts or drops, and
 * the packets that reach its end have both ends. Throws a RangeError where the host has an address that is none.
 */
export function simulatorFor(ruleset: Ruleset, host: Host): Simulator {
  const prepared = { rules: prepareRules(ruleset), host: prepareHost(host, ruleset.family) };
  const checked = (packet: Packet): Packet => {
    if (packet.family !== ruleset.family)
      throw new RangeError(`a packet of the family ${packet.family} in rules of the family ${ruleset.family}`);
    return packet;
  };
  return {
    trace: (packet) => explore(prepared, checked(packet)),
    end: (packet) => exploreEnd(prepared, checked(packet)),
  };
}

/** A later packet of a flow in the same direction. Throws a RangeError where the first packet has left no flow. */
export function laterPacket(first: Trace): Packet {
  const { state: _, mark, ...packet } = first.packet;
  return { ...packet, ...(mark !== undefined && { mark }), flow: flowOf(first), opens: false };
}

/**
 * The first packet's answer, as the end that got it sends it. Its owner is not known unless said; an answer that comes from
 * outside has none. Throws a RangeError where the first packet has left no flow.
 */
export function replyPacket(first: Trace): Packet {
  const flow = flowOf(first);
  const { family } = first.packet;
  const answer = { family, ...flow.reply, mark: 0, flow, opens: false };
  if (first.end.kind === 'local') return { ...answer, origin: 'local' };
  const left = first.end.kind === 'sent' || first.end.kind === 'forwarded' ? first.end.outInterface : undefined;
  return { ...answer, origin: 'remote', inInterface: left };
}

function flowOf({ flow }: Trace): NonNullable<Packet['flow']> {
  if (flow === undefined) throw new RangeError('the packet has left no flow: it was dropped, or not tracked, or has several ends');
  return flow;
}
