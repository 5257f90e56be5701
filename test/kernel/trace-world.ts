/** The traced pod as the simulator is told of it, and its packets in the simulator's words. */

import type { Family } from '../../src/netfilter/family.ts';
import type { Packet } from '../../src/netfilter/packet.ts';
import { firstPacket } from '../../src/netfilter/packet.ts';
import type { Host } from '../../src/netfilter/trace/host.ts';
import { maskOf } from '../../src/netfilter/trace/host.ts';
import type { Trace } from '../../src/netfilter/trace/result.ts';
import type { Simulator } from '../../src/netfilter/trace.ts';
import { laterPacket, replyPacket, simulatorFor } from '../../src/netfilter/trace.ts';
import type { Listening, SentPacket } from './packets.ts';
import { ACK, SYN } from './packets.ts';
import { deviceTo } from './packets-values.ts';
import { familyOf } from './tracing.ts';
import { DEVICE_NAMES, POD } from './tracing-place.ts';
import type { Rules } from './tracing-pods.ts';

export interface World {
  readonly simulator: Simulator;
  readonly host: Host;
  /** Addresses of the pod, loopback left out. */
  readonly local: readonly string[];
  readonly listening: readonly Listening[];
}

/** Addresses that the plan gives to `lo`. */
export function addedAddresses({ routing }: Rules, family: Family): readonly string[] {
  return routing.addresses.filter((one) => one.family === family).map(({ address }) => address.replace(/\/.*/, ''));
}

/** What there is for packets of a family. */
export function worldFor(plan: Rules, family: Family, all: readonly Listening[], forwarding: boolean): World {
  const added = addedAddresses(plan, family);
  const listening = all.filter(([of]) => of === family);
  const host: Host = {
    interfaces: [
      ...DEVICE_NAMES.map((name) => ({ name, addresses: Object.values(POD[name]) })),
      ...(added.length > 0 ? [{ name: 'lo', addresses: added }] : []),
    ],
    defaultInterface: DEVICE_NAMES[0],
    localByMark: plan.routing.rules.map(({ family: of, mark, mask }) => ({ family: of, mark, ...(mask !== undefined && { mask }) })),
    transparentPorts: listening.map(([, port]) => port),
    boundListeners: [],
    forwarding,
  };
  return {
    simulator: simulatorFor(plan[family], host),
    host,
    local: [...DEVICE_NAMES.map((name) => POD[name][family]), ...added],
    listening,
  };
}

/** The first packet of a flow. */
export function firstOf(sent: SentPacket, { local, host }: World): Packet {
  const { protocol, source, sport, destination, dport, flags = SYN } = sent;
  const family = familyOf(destination);
  const opens = protocol !== 'tcp' || flags === SYN || flags === ACK;
  const shared = {
    family,
    protocol: protocol === 'icmp' && family === 'ip6' ? 'ipv6-icmp' : protocol,
    ...{ source, destination },
    ...(protocol !== 'icmp' && { sourcePort: sport, destinationPort: dport }),
    // No flow of such a packet is known, and so no socket.
    ...(!opens && { opens, state: 'INVALID' as const, socket: false }),
  };
  if ('in' in sent) return firstPacket({ ...shared, origin: 'remote', inInterface: sent.in });
  const { uid, gid, mark = 0 } = sent;
  const byMark = host.localByMark.some((one) => one.family === family && ((one.mark ^ mark) & maskOf(one)) === 0);
  return firstPacket({ ...shared, origin: 'local', uid, gid, mark, ...(!byMark && routeTo(destination, family, local)) });
}

/** The simulator knows the way to the pod's addresses, and the device by which all else leaves: only others have to be said. */
function routeTo(destination: string, family: Family, local: readonly string[]): Pick<Packet, 'outInterface'> {
  const device = deviceTo(destination, family, local);
  return device === 'lo' || device === DEVICE_NAMES[0] ? {} : { outInterface: device };
}

/** The answer of whoever got the first packet: `listener` is the port of the socket that did, and its mark. */
export function answerTo(first: Trace, listener: number | undefined, { listening, local }: World): Packet {
  const reply = replyPacket(first);
  if (reply.origin === 'remote') return reply;
  const { family, destination = '' } = reply;
  const [, mark, uid, gid] = listening.find(([, port]) => port === listener) ?? [family, 0, null, null];
  return { ...reply, uid, gid, mark, ...routeTo(destination, family, local) };
}

/**
 * What the first one's sender sends then; the answer may have changed the flow. The outside does so where it saw the answer come out.
 * Where nobody knows which rules the answer has met, nobody knows the flow's mark either.
 */
export function nextOf(first: Trace, back: Trace | undefined, { local }: World): Packet {
  const { origin, source = '', family } = first.packet;
  const unsure = back?.flow === undefined && back?.split !== undefined;
  const flow = unsure && first.flow !== undefined ? { ...first.flow, connmark: undefined } : (back?.flow ?? first.flow);
  return { ...laterPacket(first), ...(flow && { flow }), ...(origin === 'remote' && { inInterface: deviceTo(source, family, local) }) };
}
