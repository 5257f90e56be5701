/** What conntrack makes of a packet: which flow it belongs to, and what is kept of one that begins. */

import type { ConntrackEntry } from '../packet.ts';
import { CONNTRACK_STATES } from '../packet.ts';
import { ABSENT } from './fields.ts';
import { reportedNumber, reportedTuple, reportedWord } from './reported.ts';
import { isSame, turned } from './tuples.ts';
import type { Connection, Walk } from './walk.ts';

/**
 * Looks the packet up, in the zone that the rules of raw have given it; a second pass over lo knows its flow already.
 * Until then, to the rules of raw, the packet has no flow: they see it as INVALID.
 */
export function entryOf(walk: Walk, tracking: boolean): void {
  if (walk.original !== undefined) return;
  const { protocol, source, destination, sourcePort, destinationPort, packet } = walk;
  walk.original = { protocol, source, destination, sourcePort, destinationPort };
  walk.templated = true;
  const connection = connectionOf(walk);
  if (!tracking) walk.flow = connection;
  if (!tracking || walk.state === 'UNTRACKED') return;
  walk.connmark = ABSENT;
  if (packet.flow === undefined) walk.setState(packet.state ?? CONNTRACK_STATES);
  else if (connection?.entry.zone === walk.zone) joinFlow(walk, connection);
  // TCP that can't open a connection has no place without one (nf_conntrack_proto_tcp.c: a SYN/ACK in the original direction).
  else walk.setState(packet.opens === false && protocol === 6 ? 'INVALID' : 'NEW');
  walk.steps?.push({ kind: 'conntrack', state: reportedWord(walk.state), zone: walk.zone, direction: walk.flow?.direction ?? 'original' });
}

/**
 * Whether the packet has no flow yet, but a template that tells its zone. iptables' matches and targets take it for a flow; of
 * nft's expressions only `ct state` does (measured on 6.18: the others end their rule, and what they set is left alone).
 */
export function isTemplate({ templated, original }: Walk): boolean {
  return templated && original === undefined;
}

/** The flow that the packet was given, and the direction of it that its header is of. */
function connectionOf(walk: Walk): Connection | undefined {
  const entry = walk.packet.flow;
  if (entry === undefined) return undefined;
  const header = reportedTuple(walk);
  if (isSame(header, entry.original)) return { entry, direction: 'original' };
  return isSame(header, entry.reply) ? { entry, direction: 'reply' } : undefined;
}

function joinFlow(walk: Walk, connection: Connection): void {
  const { original, reply, connmark } = connection.entry;
  walk.flow = connection;
  walk.setState('ESTABLISHED');
  if (connmark !== undefined) walk.connmark = connmark;
  walk.translated.source = original.source !== reply.destination || original.sourcePort !== reply.destinationPort;
  walk.translated.destination = original.destination !== reply.source || original.destinationPort !== reply.sourcePort;
}

/** What conntrack knows of the flow once the packet has passed; undefined for a packet of no flow. Where conntrack sleeps, a flow without translation. */
export function flowAfter(walk: Walk, tracking: boolean): ConntrackEntry | undefined {
  const { end, original, state } = walk;
  if (original === undefined || (tracking && (state === 'INVALID' || state === 'UNTRACKED' || typeof state !== 'string'))) return undefined;
  const connmark = reportedNumber(walk.connmark) ?? undefined;
  if (walk.flow !== undefined) return { ...walk.flow.entry, connmark };
  if (end === undefined || end.kind === 'dropped' || end.kind === 'rejected' || end.kind === 'queued' || end.kind === 'unknown')
    return undefined;
  const entry = {
    zone: walk.zone,
    original: reportedTuple(original),
    reply: reportedTuple(turned(walk)),
    connmark,
    origin: walk.packet.origin,
  };
  if (end.kind !== 'local') return entry;
  const { kind: _, ...delivery } = end;
  return { ...entry, delivery };
}
