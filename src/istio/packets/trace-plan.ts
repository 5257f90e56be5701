/** A packet through a plan: the pod that the plan is made for, as a host. */

import { bareAddress } from '../../netfilter/address/network.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Host, Interface, Listener, LocalByMark } from '../../netfilter/trace/host.ts';
import type { KernelRouting } from '../../netfilter/trace/kernel-routing.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import { simulatorFor } from '../../netfilter/trace.ts';
import type { CapturePlan } from '../plan/plan.ts';
import type { Facts } from '../settings/facts.ts';
import { bridgedNetworks } from './bridged-networks.ts';

/** What else is known of the pod at the moment of the packet. */
export interface PodState {
  /** The name of the interface that is not lo; `eth0` without it. */
  readonly interface?: string | undefined;
  /** True while the proxy does not listen yet: TPROXY then drops what it catches. */
  readonly beforeProxy?: boolean | undefined;
  /** Whether the pod passes packets on; not known without it. */
  readonly forwarding?: boolean | undefined;
  /** Ports on which proxies beside Istio's sidecar listen transparently. */
  readonly transparentPorts?: readonly number[] | undefined;
  /** What is delivered here by its mark beside what the plan's routing says. */
  readonly localByMark?: readonly LocalByMark[] | undefined;
  /** What was read of a live namespace; then nothing of it is assumed. */
  readonly network?: ObservedNetwork | undefined;
}

/** The network of a namespace beside its rules, as it was found. */
export interface ObservedNetwork {
  readonly interfaces: readonly Interface[];
  readonly routing: KernelRouting;
  /** Undefined where it could not be read. */
  readonly listeners?: readonly Listener[] | undefined;
  /** By family. */
  readonly forwarding?: Partial<Readonly<Record<Family, boolean>>>;
}

// Addresses that documents use (RFC 5737, RFC 3849): they stand for those of a pod that nobody told.
export const PLACEHOLDER: Readonly<Record<Family, string>> = { ip: '192.0.2.1', ip6: '2001:db8::1' };

/** The same for a client of its. */
export const CLIENT: Readonly<Record<Family, string>> = { ip: '198.51.100.7', ip6: '2001:db8:1::7' };

/**
 * The pod as a host: one interface beside lo with the addresses of the facts (or, where these tell none, one that stands
 * for them), the plan's routing, and a proxy that listens transparently on its two ports. Applications are taken to
 * listen on all addresses.
 */
export function hostOf(plan: Pick<CapturePlan, 'routing' | 'settings'>, facts: Facts = {}, state: PodState = {}): Host {
  const { routing, settings } = plan;
  const proxy = [settings['proxy.port'].value, settings['proxy.inboundPort'].value];
  const { network } = state;
  return {
    interfaces: network?.interfaces ?? [
      { name: 'lo', addresses: routing.addresses.map(({ address }) => bareAddress(address)) },
      ...interfacesOf(facts, state.interface),
    ],
    // What leaves a pod of several networks leaves by that of the cluster, unless its address is of another.
    ...((facts.interfaces ?? []).length > 0 && { defaultInterface: facts.interfaces?.[0]?.name }),
    // A rule for a mark leads somewhere only where its table has a route.
    localByMark: [
      ...routing.rules.filter(({ family, table }) => routing.routes.some((route) => route.family === family && route.table === table)),
      ...(state.localByMark ?? []),
    ],
    routing: network?.routing,
    transparentPorts:
      transparentIn(network?.listeners) ?? (state.beforeProxy === true ? [] : [...proxy, ...(state.transparentPorts ?? [])]),
    boundListeners: network?.listeners?.flatMap(({ address, port }) => (address === undefined ? [] : { address, port })) ?? [],
    forwarding: state.forwarding,
  };
}

/** Undefined where it is not known: older kernels tell nobody which of their sockets are transparent. */
function transparentIn(listeners: readonly Listener[] | undefined): readonly number[] | undefined {
  if (listeners === undefined || listeners.some(({ transparent }) => transparent === undefined)) return undefined;
  return listeners.filter(({ transparent }) => transparent === true).map(({ port }) => port);
}

function interfacesOf({ addresses = [], interfaces = [] }: Facts, name: string | undefined): readonly Interface[] {
  const [first, ...others] = interfaces;
  const elsewhere = others.flatMap((one) => one.addresses.map(bareAddress));
  const own = addresses.filter((address) => !elsewhere.includes(bareAddress(address)));
  if (first === undefined) return [interfaceWith(name ?? 'eth0', own.length > 0 ? own : Object.values(PLACEHOLDER))];
  return [
    interfaceWith(first.name, own.length > 0 ? own : first.addresses),
    ...others.map((one) => interfaceWith(one.name, one.addresses)),
  ];
}

function interfaceWith(name: string, texts: readonly string[]): Interface {
  const networks = texts.filter((text) => text.includes('/'));
  return { name, addresses: texts.map(bareAddress), ...(networks.length > 0 && { networks }) };
}

/**
 * The simulated way of a packet through a plan's rules. Where the facts tell no address of the pod, what arrives is taken
 * to be for the pod, whatever its destination, and what the pod sends goes elsewhere unless it goes to loopback.
 * Fields that the packet leaves out are not known: see `firstPacket`. Throws a RangeError for a protocol or an address
 * that is none.
 */
export function tracePacket(plan: CapturePlan, packet: Packet, facts: Facts = {}, state: PodState = {}): Trace {
  const { family, origin, inInterface, outInterface } = packet;
  const known = state.network !== undefined || (facts.addresses?.some((address) => address.includes(':') === (family === 'ip6')) ?? false);
  const destination = packet.destination ?? (origin === 'remote' && !known ? PLACEHOLDER[family] : undefined);
  const addressed = known || origin === 'local' || destination === undefined ? facts : { ...facts, addresses: [destination] };
  const outside = state.interface ?? [inInterface, outInterface].find((name) => name !== undefined && name !== 'lo');
  const forwarding = state.forwarding ?? state.network?.forwarding?.[family];
  const behind = state.network === undefined ? bridgedNetworks(plan[family]) : [];
  // Who makes a bridge for containers turns forwarding on: without it no container would reach anything.
  const host = {
    ...hostOf(plan, addressed, { ...state, interface: outside, forwarding: forwarding ?? (behind.length > 0 ? true : undefined) }),
    behind,
  };
  return simulatorFor(plan[family], host).trace({ ...packet, destination });
}
