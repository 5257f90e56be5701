/** Follows a connection: who gets it, and what Envoy opens next, until somebody answers or nothing can go on. */

import { bareAddress } from '../../../netfilter/address/network.ts';
import type { Packet } from '../../../netfilter/packet.ts';
import type { Trace } from '../../../netfilter/trace/result.ts';
import type { PodNetwork } from '../pod-network.ts';
import { traceIn, verdictIn } from '../pod-network.ts';
import type { Verdict } from '../verdict.ts';
import { otherProxyOn } from '../verdict.ts';
import type { Connection, Party } from './connection.ts';
import { arrivalAt, connectionOf, nextConnection } from './connection.ts';
import type { Stage } from './stage.ts';
import { portBehind, portNumber } from './stage.ts';
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
  /** Of a loop: the ports between which it runs. */
  readonly between?: readonly number[];
}

/** Follows a call of a story to its end. */
export function followCall(stage: Stage, call: Call, first: boolean): Chain {
  const chain: Followed[] = [];
  let connection = connectionOf(stage, call, first);
  const opened = new Map<string, number>();
  for (;;) {
    const podNetwork = connection.pod === 'this' ? stage.here : stage.there;
    const trace = traceIn(withForwarding(podNetwork, connection), connection.packet);
    const verdict = verdictIn(podNetwork, trace);
    const { receiver, next } = whatNext(stage, podNetwork, connection, trace, verdict);
    chain.push({ connection, trace, verdict, receiver });
    if (typeof next === 'string') return { followed: chain, ending: next };
    const key = keyOf(next);
    const first = opened.get(key);
    if (first !== undefined) return { followed: chain, ending: 'loop', between: portsOf(chain, first) };
    opened.set(key, chain.length);
    connection = next;
  }
}

/** Where the connections of a loop come to, each port once, in the order in which the request meets them. */
function portsOf(chain: readonly Followed[], first: number): readonly number[] {
  const ports = chain.map(({ trace: { end } }) => (end.kind === 'local' ? end.port : undefined));
  const inLoop = ports.slice(first);
  return [...new Set(ports)].filter((port) => port !== undefined && inLoop.includes(port)) as number[];
}

/** A machine in the pod reaches the world only where the pod passes its packets on. */
export function withForwarding(podNetwork: PodNetwork, { call: { by } }: Connection): PodNetwork {
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
    case 'refused':
      return { receiver: NOBODY, next: verdict.id };
    case 'other-proxy':
      return another(stage, podNetwork, connection, trace);
    case 'ztunnel-inbound':
    case 'ztunnel-outbound': {
      const inbound = verdict.id === 'ztunnel-inbound';
      const next = inbound ? deliveryOfZtunnel(stage, podNetwork, connection) : tunnel(stage, podNetwork, connection);
      return caught(podNetwork, { name: `ztunnel ${inbound ? 'inbound' : 'outbound'}`, owner: proxy }, next);
    }
    case 'direct':
      return direct(stage, podNetwork, connection, trace);
    case 'dns-agent': {
      const { destination = '', destinationPort } = connection.packet;
      const name = podNetwork.ports.of === 'ztunnel' ? 'ztunnel' : 'the agent';
      const label = `${capital(name)} does not know the name, and asks the nameserver`;
      const next = nextConnection(podNetwork, stage, connection, {
        name,
        label,
        destination,
        destinationPort,
        ...markOf(podNetwork),
      });
      return caught(podNetwork, { name, owner: proxy }, next);
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

function markOf({ pod: { proxyMark: mark } }: PodNetwork): Pick<Packet, 'mark'> {
  return mark === undefined ? {} : { mark };
}

/** A proxy of another program calls where the connection was to go; its own calls meet all rules again. */
function another(stage: Stage, podNetwork: PodNetwork, before: Connection, { end }: Trace): Next {
  const port = end.kind === 'local' ? end.port : undefined;
  const other = otherProxyOn(port, podNetwork.ports);
  const name = `the proxy on ${port}`;
  // Who runs as a user of his own is taken to be in the group of the same number, as images make them.
  const { uid = other?.owner.gid, gid = other?.owner.uid } = other?.owner ?? {};
  const { destination = '', destinationPort } = before.packet;
  const label = `${capital(name)} calls the same address`;
  const marked = other?.mark === undefined ? {} : { mark: other.mark };
  const next = nextConnection(podNetwork, stage, before, {
    name,
    label,
    owner: { uid, gid },
    destination,
    destinationPort,
    ...marked,
  });
  return { receiver: { name, owner: { uid, gid } }, next };
}

/** ztunnel calls the application from the client's address; what came through the tunnel says which port it calls. */
function deliveryOfZtunnel(stage: Stage, podNetwork: PodNetwork, before: Connection): Connection | Ending {
  const { destination = '', destinationPort, source } = before.packet;
  const port = before.through ?? destinationPort;
  const own = before.pod === 'this' ? stage.addresses.pod : stage.addresses['service pod'];
  if (destination !== own) return 'misled';
  const label = "ztunnel calls the application from the client's address";
  const from = source === undefined ? {} : { source };
  const next = { name: 'ztunnel', label, destination, destinationPort: port, ...from, ...markOf(podNetwork) };
  return { ...nextConnection(podNetwork, stage, before, next), through: undefined };
}

/** To a pod of the mesh ztunnel calls through the tunnel; anything else it calls as it was called. */
function tunnel(stage: Stage, podNetwork: PodNetwork, before: Connection): Connection {
  const { destination = '', destinationPort } = before.packet;
  const { to } = before.call;
  const marked = { name: 'ztunnel', ...markOf(podNetwork) };
  if (to !== 'service' && to !== 'own service')
    return nextConnection(podNetwork, stage, before, { ...marked, label: 'ztunnel calls the same address', destination, destinationPort });
  const pod = to === 'service' ? 'service pod' : 'pod';
  const label = `ztunnel opens the tunnel to ${to === 'service' ? 'a pod of the service' : 'this very pod'}`;
  const opened = { ...marked, label, destination: stage.addresses[pod], destinationPort: portNumber(stage, { port: TUNNEL }) };
  return { ...nextConnection(podNetwork, stage, before, opened), through: portBehind(stage, destinationPort) };
}

const TUNNEL = 15008;

function capital(text: string): string {
  return text.replace(/^(?!ztunnel)./, (letter) => letter.toUpperCase());
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
  const label = `Envoy calls the application${transparent ? " from the client's address" : ''}`;
  return nextConnection(podNetwork, stage, before, {
    name: 'Envoy',
    label,
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
    return nextConnection(podNetwork, stage, before, {
      name: 'Envoy',
      label: 'Envoy calls the same address',
      destination,
      destinationPort,
    });
  const address = to === 'service' ? stage.addresses['service pod'] : stage.addresses.pod;
  const label = `Envoy chooses ${to === 'service' ? 'a pod of the service' : 'this very pod'} and calls it`;
  return nextConnection(podNetwork, stage, before, {
    name: 'Envoy',
    label,
    destination: address,
    destinationPort: portBehind(stage, destinationPort),
  });
}

/** No rule sends it to the proxy: whoever listens gets it, in this pod or elsewhere. */
function direct(stage: Stage, podNetwork: PodNetwork, connection: Connection, { end }: Trace): Next {
  const { call, packet, pod } = connection;
  if (end.kind === 'local') {
    const receiver = listenerOn(packet, podNetwork);
    return { receiver, next: call.afterwards === undefined || pod === 'other' ? 'arrives' : connectionOf(stage, call.afterwards, false) };
  }
  const isService = call.to === 'service' && call.protocol === undefined && pod === 'this';
  if (isService && connection.through !== undefined) {
    const arrived = arrivalAt(stage, connection, packet.destinationPort);
    return { receiver: { name: "the service's pod", owner: undefined }, next: arrived };
  }
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

function listenerOn({ destinationPort = 0 }: Packet, { pod: { proxy, app }, ports }: PodNetwork): Party {
  const name = ports.of === 'ztunnel' ? undefined : ISTIO_LISTENERS[destinationPort];
  return name === undefined ? { name: 'the application', owner: app } : { name, owner: proxy };
}
