/** Follows a connection: who gets it, and what Envoy opens next, until somebody answers or nothing can go on. */

import { bareAddress } from '../../../netfilter/network.ts';
import type { Packet } from '../../../netfilter/packet.ts';
import type { Trace } from '../../../netfilter/trace/result.ts';
import type { Owner } from '../pod.ts';
import type { PodNetwork } from '../pod-network.ts';
import { traceIn, verdictIn } from '../pod-network.ts';
import type { Verdict } from '../verdict.ts';
import type { Connection, Party } from './connection.ts';
import { arrivalAt, connectionOf, nextConnection } from './connection.ts';
import type { Stage } from './stage.ts';
import { portBehind } from './stage.ts';
import type { Call } from './story.ts';

/** Why a chain of connections goes no further. */
export type Ending =
  /** Somebody gets it who answers. */
  | 'arrives'
  /** Whoever opened the last connection gets it back, and opens it again. */
  | 'loop'
  | 'refused'
  | 'dropped'
  /** Envoy inbound gets what is not for this pod. */
  | 'misled'
  | 'unknown';

/** A connection, its way, and who gets it. */
export interface Followed {
  readonly connection: Connection;
  readonly trace: Trace;
  readonly verdict: Verdict;
  readonly receiver: Party;
}

export interface Chain {
  readonly followed: readonly Followed[];
  readonly ending: Ending;
}

/** Follows a call of a story to its end. */
export function followCall(stage: Stage, call: Call, first: boolean): Chain {
  const chain: Followed[] = [];
  let connection = connectionOf(stage, call, first);
  const opened = new Set<string>();
  for (;;) {
    const podNetwork = connection.pod === 'this' ? stage.here : stage.there;
    const trace = traceIn(withForwarding(podNetwork, connection), connection.packet);
    const verdict = verdictIn(podNetwork, trace);
    const { receiver, next } = whatNext(stage, podNetwork, connection, trace, verdict);
    chain.push({ connection, trace, verdict, receiver });
    if (typeof next === 'string') return { followed: chain, ending: next };
    const key = keyOf(next);
    if (opened.has(key)) return { followed: chain, ending: 'loop' };
    opened.add(key);
    connection = next;
  }
}

/** A machine in the pod reaches the world only where the pod passes its packets on. */
function withForwarding(podNetwork: PodNetwork, { call: { by } }: Connection): PodNetwork {
  return by === 'machine' ? { ...podNetwork, state: { ...podNetwork.state, forwarding: true } } : podNetwork;
}

/** What the same end opens again and again differs in the port it opens it from, at most. */
function keyOf({ pod, opener, packet: { source, destination, destinationPort, mark } }: Connection): string {
  return [pod, opener.name, source, destination, destinationPort, mark].join(' ');
}

interface Next {
  readonly receiver: Party;
  readonly next: Connection | Ending;
}

function whatNext(stage: Stage, podNetwork: PodNetwork, connection: Connection, trace: Trace, verdict: Verdict): Next {
  const proxy = podNetwork.pod.proxy;
  switch (verdict.id) {
    case 'unknown':
      return { receiver: NOBODY, next: 'unknown' };
    case 'dropped':
      return { receiver: NOBODY, next: 'dropped' };
    case 'direct':
      return direct(stage, podNetwork, connection, trace);
    case 'dns-agent': {
      const { destination = '', destinationPort } = connection.packet;
      const says = 'The agent does not know the name, and asks the nameserver';
      const next = nextConnection(podNetwork, stage, connection, { name: 'the agent', says, destination, destinationPort });
      return caught(podNetwork, { name: 'the agent', owner: proxy }, next);
    }
    case 'envoy-inbound':
    case 'envoy-outbound': {
      const inbound = operandOf(stage, podNetwork, connection, trace, verdict) === 'inbound';
      const receiver = { name: `Envoy ${inbound ? 'inbound' : 'outbound'}`, owner: proxy };
      return caught(podNetwork, receiver, inbound ? delivery(stage, podNetwork, connection) : dial(stage, podNetwork, connection));
    }
    default:
      return verdict.id satisfies never;
  }
}

const NOBODY: Party = { name: 'nobody', owner: undefined };

/** Before the proxy listens, whatever is sent to it is refused. */
function caught({ state }: PodNetwork, receiver: Party, next: Connection | Ending): Next {
  return { receiver, next: state.beforeProxy === true ? 'refused' : next };
}

/**
 * The end of Envoy that takes care of it. The releases with one port for both directions, and those that still send listed
 * inbound ports to the outbound one, tell by the destination; later ones by the port alone.
 */
function operandOf(
  stage: Stage,
  { ports, facts }: PodNetwork,
  { packet }: Connection,
  { end }: Trace,
  { id }: Verdict,
): 'inbound' | 'outbound' {
  const port = end.kind === 'local' ? end.port : undefined;
  if (port !== ports.outbound) return id === 'envoy-inbound' ? 'inbound' : 'outbound';
  if (ports.inbound !== ports.outbound && stage.does('inboundByPort')) return 'outbound';
  const own = [stage.addresses.pod, stage.addresses['service pod'], ...(facts.addresses ?? []).map(bareAddress)];
  return id === 'envoy-inbound' || own.includes(packet.destination ?? '') ? 'inbound' : 'outbound';
}

// The filter original_src is configured with this number, whatever mark the rules use.
const DELIVERY_MARK = 1337;

/** Envoy inbound calls the application. */
function delivery(stage: Stage, podNetwork: PodNetwork, before: Connection): Connection | Ending {
  const { destination = '', destinationPort, source } = before.packet;
  const own = before.pod === 'this' ? stage.addresses.pod : stage.addresses['service pod'];
  const local = [own, stage.addresses.localhost, stage.addresses.delivery, ...(podNetwork.facts.addresses ?? []).map(bareAddress)];
  if (!local.includes(destination)) return 'misled';
  const transparent = stage.values.mode === 'TPROXY' && stage.does('keepsClientAddress');
  // From the client's address it can't call localhost: the kernel routes no answer from 127.0.0.1 to another machine.
  const toPod = transparent || stage.does('deliversToPodAddress');
  const from = transparent
    ? { ...(source !== undefined && { source }), ...(stage.does('marksDeliveries') && { mark: DELIVERY_MARK }) }
    : toPod
      ? { source: stage.addresses.delivery }
      : {};
  const says = `Envoy calls the application${transparent ? " from the client's address" : ''}`;
  return nextConnection(podNetwork, stage, before, {
    name: 'Envoy',
    says,
    destination: toPod ? destination : stage.addresses.localhost,
    destinationPort,
    ...from,
  });
}

/** Envoy outbound calls what the application wanted to: of a service, one of its pods. */
function dial(stage: Stage, podNetwork: PodNetwork, before: Connection): Connection {
  const { destination = '', destinationPort } = before.packet;
  const { to } = before.call;
  const isService = (to === 'service' || to === 'own service') && before.opener.name !== 'Envoy';
  if (!isService)
    return nextConnection(podNetwork, stage, before, { name: 'Envoy', says: 'Envoy calls the same address', destination, destinationPort });
  const address = to === 'service' ? stage.addresses['service pod'] : stage.addresses.pod;
  const says = `Envoy chooses ${to === 'service' ? 'a pod of the service' : 'this very pod'} and calls it`;
  return nextConnection(podNetwork, stage, before, {
    name: 'Envoy',
    says,
    destination: address,
    destinationPort: portBehind(stage, destinationPort),
  });
}

/** No rule sends it to the proxy: whoever listens gets it, in this pod or elsewhere. */
function direct(stage: Stage, podNetwork: PodNetwork, connection: Connection, { end }: Trace): Next {
  const { call, packet, pod } = connection;
  if (end.kind === 'local') {
    const receiver = listenerOn(packet, podNetwork.pod);
    return { receiver, next: call.afterwards === undefined || pod === 'other' ? 'arrives' : connectionOf(stage, call.afterwards, false) };
  }
  const isService = call.to === 'service' && call.protocol === undefined && pod === 'this';
  if (!isService) return { receiver: { name: outsideName(call), owner: undefined }, next: 'arrives' };
  return {
    receiver: { name: "the service's pod", owner: undefined },
    next: arrivalAt(stage, connection, portBehind(stage, packet.destinationPort)),
  };
}

function outsideName({ to }: Call): string {
  return to === 'nameserver' ? 'the nameserver' : to === 'service' || to === 'own service' ? 'the service' : 'the other side';
}

const ISTIO_LISTENERS: Readonly<Record<number, string>> = {
  15008: 'Envoy (tunnel)',
  15020: 'the agent',
  15021: 'Envoy (health)',
  15090: 'Envoy (metrics)',
};

function listenerOn({ destinationPort = 0 }: Packet, { proxy, app }: Readonly<Record<'proxy' | 'app', Owner>>): Party {
  const name = ISTIO_LISTENERS[destinationPort];
  return name === undefined ? { name: 'the application', owner: app } : { name, owner: proxy };
}
