/** Which sockets of the host a packet finds, by its header as it is now. */

import { addressValue } from '../address/address.ts';
import { reportedTuple } from './reported.ts';
import type { Holds } from './test.ts';
import { isSame, turned } from './tuples.ts';
import type { Walk } from './walk.ts';

/**
 * What `-m socket` asks: a connected socket, or one that listens on the very address. xt_socket passes over those that
 * listen on any address, so that a proxy's own listener does not count.
 */
export function socketHolds(walk: Walk): Holds {
  const { packet, host, state, destination, destinationPort } = walk;
  if (packet.socket !== undefined) return packet.socket ? 'yes' : 'no';
  if (connectedSocket(walk) !== undefined) return 'yes';
  const bound = host.host.boundListeners?.filter(({ address }) => address.includes(':') === (host.family === 'ip6'));
  const first = packet.flow !== undefined || packet.state === 'NEW' || state === 'NEW';
  if (!first || bound === undefined) return 'maybe';
  const possible = bound.filter(({ address, port }) => is(destination, addressValue(address, host.family)) && is(destinationPort, port));
  if (possible.length === 0) return 'no';
  return typeof destination === 'object' || typeof destinationPort === 'object' ? 'maybe' : 'yes';
}

function is(value: unknown, expected: unknown): boolean {
  return typeof value === 'object' || value === expected;
}

/**
 * The end of the packet's flow whose socket it finds: only while its header is that socket's own. Before nat has given
 * back a destination it is not, except that for IPv4 xt_socket looks up that of an answer itself (nf_sk_lookup_slow_v4).
 */
function connectedSocket(walk: Walk): 'receiver' | 'opener' | undefined {
  const entry = walk.packet.flow;
  if (entry === undefined) return undefined;
  const header = reportedTuple(walk);
  if (entry.delivery !== undefined && isSame(header, turned(entry.reply))) return 'receiver';
  const { source, sourcePort } = entry.original;
  const answers = walk.flow?.direction === 'reply' && walk.host.family === 'ip' && walk.state === 'ESTABLISHED';
  const found = answers ? { ...header, destination: source, destinationPort: sourcePort } : header;
  return entry.origin === 'local' && isSame(found, turned(entry.original)) ? 'opener' : undefined;
}

/** Whether an end of the packet's flow here finds it by its header as it is now. */
export function isConnected(walk: Walk): boolean {
  return connectedSocket(walk) !== undefined;
}

/** Whether TPROXY finds a transparent socket: the connected one of a flow, and otherwise one that listens on the port. */
export function transparentSocketHolds(walk: Walk, port: number): Holds {
  const connected = connectedSocket(walk);
  if (connected === 'opener') return 'maybe';
  if (connected === undefined) return listensTransparently(walk, port);
  const { how, port: accepting } = walk.packet.flow?.delivery ?? {};
  if (how === 'tproxy') return 'yes';
  // What a transparent socket accepts is transparent as well, however it came there.
  return accepting === undefined ? 'maybe' : listensTransparently(walk, accepting);
}

function listensTransparently({ host }: Walk, port: number): Holds {
  const listening = host.host.transparentPorts;
  return listening === undefined ? 'maybe' : listening.includes(port) ? 'yes' : 'no';
}
