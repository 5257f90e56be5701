/** What the kernel writes into a packet that its socket does not say. */

import type { Packet } from '../../../netfilter/packet.ts';
import type { Host } from '../../../netfilter/trace/host.ts';
import { prepareHost } from '../../../netfilter/trace/prepare-host.ts';
import { usualSource } from '../../../netfilter/trace/routing.ts';

/** A connection to no address is one to loopback, or to the address that its socket has already (ip_route_output_key). */
export function connectedAddress(destination: string, source?: string): string {
  if (destination === '0.0.0.0') return source ?? '127.0.0.1';
  return destination === '::' ? '::1' : destination;
}

/** The packet with the source that the kernel chooses for it. */
export function withUsualSource(packet: Packet & { readonly destination: string }, host: Host): Packet {
  return { ...packet, source: usualSource(prepareHost(host, packet.family), packet), unbound: true };
}
