/** A packet through a plan: the pod that the plan is made for, as a host. */

import type { Family } from '../../netfilter/family.ts';
import { bareAddress } from '../../netfilter/network.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Host } from '../../netfilter/trace/host.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import { simulatorFor } from '../../netfilter/trace.ts';
import type { CapturePlan } from '../plan/plan.ts';
import type { Facts } from '../settings/facts.ts';

/** What else is known of the pod at the moment of the packet. */
export interface PodState {
  /** The name of the interface that is not lo; `eth0` without it. */
  readonly interface?: string | undefined;
  /** True while the proxy does not listen yet: TPROXY then drops what it catches. */
  readonly beforeProxy?: boolean | undefined;
  /** Whether the pod passes packets on; not known without it. */
  readonly forwarding?: boolean | undefined;
}

// Addresses that documents use (RFC 5737, RFC 3849): they stand for those of a pod that nobody told.
export const PLACEHOLDER: Readonly<Record<Family, string>> = { ip: '192.0.2.1', ip6: '2001:db8::1' };

/**
 * The pod as a host: one interface beside lo with the addresses of the facts (or, where these tell none, one that stands
 * for them), the plan's routing, and a proxy that listens transparently on its two ports. Applications are taken to
 * listen on all addresses.
 */
export function hostOf(plan: Pick<CapturePlan, 'routing' | 'settings'>, facts: Facts = {}, state: PodState = {}): Host {
  const { routing, settings } = plan;
  const own = (facts.addresses ?? []).map(bareAddress);
  const proxy = [settings['proxy.port'].value, settings['proxy.inboundPort'].value];
  return {
    interfaces: [
      { name: 'lo', addresses: routing.addresses.map(({ address }) => bareAddress(address)) },
      { name: state.interface ?? 'eth0', addresses: own.length > 0 ? own : Object.values(PLACEHOLDER) },
    ],
    // A rule for a mark leads somewhere only where its table has a route.
    localByMark: routing.rules.filter(({ family, table }) =>
      routing.routes.some((route) => route.family === family && route.table === table),
    ),
    transparentPorts: state.beforeProxy === true ? [] : proxy,
    boundListeners: [],
    forwarding: state.forwarding,
  };
}

/**
 * The simulated way of a packet through a plan's rules. Where the facts tell no address of the pod, what arrives is taken
 * to be for the pod, whatever its destination, and what the pod sends goes elsewhere unless it goes to loopback.
 * Fields that the packet leaves out are not known: see `firstPacket`. Throws a RangeError for a protocol or an address
 * that is none.
 */
export function tracePacket(plan: CapturePlan, packet: Packet, facts: Facts = {}, state: PodState = {}): Trace {
  const { family, origin, inInterface, outInterface } = packet;
  const told = facts.addresses?.some((address) => address.includes(':') === (family === 'ip6')) ?? false;
  const destination = packet.destination ?? (origin === 'remote' && !told ? PLACEHOLDER[family] : undefined);
  const addressed = told || origin === 'local' || destination === undefined ? facts : { ...facts, addresses: [destination] };
  const outside = state.interface ?? [inInterface, outInterface].find((name) => name !== undefined && name !== 'lo');
  const host = hostOf(plan, addressed, { ...state, interface: outside });
  return simulatorFor(plan[family], host).trace({ ...packet, destination });
}
