/** What conntrack proves: a connection whose answers come from a port of the proxy, which nobody called, was caught. */

import type { ListedFlow } from '../../netfilter/conntrack-listing.ts';
import type { Packet } from '../../netfilter/packet.ts';
import { placeText } from './packet/text.ts';
import type { ProxyPorts, Verdict } from './verdict.ts';
import { otherProxyOn } from './verdict.ts';

/** Who got a flow; undefined where the entry proves nothing, as of one that was sent where it went. */
export function proofOf({ original, reply }: ListedFlow, ports: ProxyPorts): Verdict['id'] | undefined {
  const port = reply.sourcePort;
  if (port === undefined || port === original.destinationPort) return undefined;
  if (ports.dns.includes(port)) return 'dns-agent';
  const maker = ports.of ?? 'envoy';
  // What arrives keeps its own address; only what leaves the pod is turned to loopback.
  if (port === ports.outbound && (ports.inbound !== ports.outbound || isLoopback(reply.source))) return `${maker}-outbound`;
  if (port === ports.inbound) return `${maker}-inbound`;
  return otherProxyOn(port, ports) === undefined ? undefined : 'other-proxy';
}

function isLoopback(address: string | undefined): boolean {
  return address === '::1' || (address?.startsWith('127.') ?? false);
}

/** The flows of a packet's kind, by what each proves: `envoy-outbound: 3 connections, as 10.0.0.7 > 10.0.0.5:80, answered from port 15001`. */
export function provenFor(
  flows: readonly ListedFlow[],
  { protocol, source, destination, destinationPort }: Packet,
  ports: ProxyPorts,
): readonly string[] {
  const same = flows.filter(
    ({ original }) =>
      original.protocol === protocol &&
      original.destination === destination &&
      (destinationPort === undefined || original.destinationPort === destinationPort) &&
      (source === undefined || original.source === source),
  );
  const groups = byProof(same, ports);
  return [...groups].map(([id, [first, ...others]]) => {
    const { original, reply } = first as ListedFlow;
    const count = others.length === 0 ? '1 connection' : `${others.length + 1} connections`;
    return `${id ?? 'not sent to the proxy'}: ${count}, as ${original.source} > ${placeText(original.destination, original.destinationPort)}, answered from port ${reply.sourcePort}`;
  });
}

/** Flows by who got them, in order. */
function byProof(flows: readonly ListedFlow[], ports: ProxyPorts): ReadonlyMap<Verdict['id'] | undefined, readonly ListedFlow[]> {
  const groups = new Map<Verdict['id'] | undefined, ListedFlow[]>();
  for (const flow of flows) {
    const proof = proofOf(flow, ports);
    groups.set(proof, [...(groups.get(proof) ?? []), flow]);
  }
  return groups;
}

/** How many flows were caught by whom, in words. */
export function capturedText(flows: readonly ListedFlow[], ports: ProxyPorts): string {
  const proven = [...byProof(flows, ports)].flatMap(([id, list]) => (id === undefined ? [] : [`${list.length} ${id}`]));
  return `${flows.length} connection${flows.length === 1 ? '' : 's'}, ${proven.length === 0 ? 'none of which was sent to a port of the proxy' : `of which were caught: ${proven.join(', ')}`}`;
}
