/** What the verdict on a connection that a proxy takes does not say. */

import type { Packet } from '../../netfilter/packet.ts';
import { placeText } from './packet/text.ts';
import type { Verdict } from './verdict.ts';

const TAKERS: readonly Verdict['id'][] = ['envoy-inbound', 'envoy-outbound', 'ztunnel-inbound', 'ztunnel-outbound', 'other-proxy'];

/**
 * That the proxy accepts it whatever lies beyond, so that a port check proves nothing. Measured with nobody at the address
 * and no way there: the connect succeeds. Undefined for what no proxy takes, or where nobody listens yet.
 */
export function acceptedAnyway(
  { protocol, state, destination, destinationPort, flow }: Packet,
  { id, words }: Verdict,
): string | undefined {
  const opens = protocol === 'tcp' && flow === undefined && (state ?? 'NEW') === 'NEW';
  if (!opens || !TAKERS.includes(id) || words.includes('nothing listens')) return undefined;
  const proves = 'the proxy accepts the connection whatever lies beyond: a port check (nc, telnet) says open and proves nothing';
  const own = id.endsWith('-inbound')
    ? "whether the application listens shows in the proxy's own connection to it"
    : `what a NetworkPolicy or a firewall meets is the proxy's own connection to ${placeText(destination, destinationPort)}`;
  return `${proves}; ${own}`;
}
