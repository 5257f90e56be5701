/** The connections of a story: each as the packet that opens it. */

import type { Packet } from '../../../netfilter/packet.ts';
import { firstPacket } from '../../../netfilter/packet.ts';
import { PROBE } from '../../plan/ambient/knobs.ts';
import { connectedAddress, withUsualSource } from '../packet/source.ts';
import type { Owner } from '../pod.ts';
import type { PodNetwork } from '../pod-network.ts';
import { hostIn } from '../pod-network.ts';
import type { Stage } from './stage.ts';
import { destinationAddress, portNumber } from './stage.ts';
import type { Call, Caller } from './story.ts';

/** Somebody at one end of a connection. */
export interface Party {
  /** `the application`. */
  readonly name: string;
  /** Undefined for who is outside the pod. */
  readonly owner: Owner | undefined;
}

export interface Connection {
  readonly pod: 'this' | 'other';
  /** What happens, without a full stop. */
  readonly label: string;
  readonly opener: Party;
  readonly packet: Packet;
  /** The call that it serves. */
  readonly call: Call;
  /** In the tunnel of ambient mode: the port that is called through it. */
  readonly through?: number | undefined;
}

export const CALLERS: Readonly<Record<Caller, string>> = {
  client: 'the client',
  kubelet: 'the kubelet',
  prometheus: 'Prometheus',
  machine: 'the virtual machine',
  app: 'the application',
  init: 'the init container',
  disguised: 'the application',
  proxy: 'Envoy',
  delivery: 'Envoy',
  agent: 'the agent',
};

/** The bridge of KubeVirt to a machine of the default network. */
const MACHINE_INTERFACE = 'k6t-eth0';

const FIRST_PORT = 40000;

/** The connection that a call opens. `first`: the story begins with it, and it goes where the user said. */
export function connectionOf(stage: Stage, call: Call, first: boolean): Connection {
  const { family, here, addresses, to } = stage;
  const target = first ? to : undefined;
  const place =
    typeof target?.place === 'object' ? target.place.address : target === undefined ? destinationOf(stage, call) : addresses[target.place];
  const owner = ownerOf(here, stage, call.by);
  const header = {
    family,
    protocol: call.protocol ?? 'tcp',
    sourcePort: FIRST_PORT,
    destination: owner === undefined ? place : connectedAddress(place),
    destinationPort: target?.port ?? portNumber(stage, call),
  } as const;
  const opener: Party = { name: CALLERS[call.by], owner };
  const packet: Packet =
    owner === undefined
      ? firstPacket({ ...header, origin: 'remote', ...arrivalOf(stage, call.by) })
      : fromProcess(here, stage, call.by, { ...header, origin: 'local', ...owner });
  const through = call.through === undefined ? undefined : portNumber(stage, { port: call.through });
  return { pod: 'this', label: call.what, opener, packet, call, through };
}

/** The proxy and its agent call the application where its release's proxy delivers to. */
function destinationOf(stage: Stage, { by, to }: Call): string {
  const delivers = by === 'agent' || by === 'delivery';
  return destinationAddress(stage, delivers && to === 'pod' && !stage.does('deliversToPodAddress') ? 'localhost' : to);
}

function ownerOf({ pod }: PodNetwork, { values }: Stage, by: Caller): Owner | undefined {
  switch (by) {
    case 'client':
    case 'kubelet':
    case 'prometheus':
    case 'machine':
      return undefined;
    case 'app':
    case 'init':
      return pod.app;
    case 'proxy':
    case 'delivery':
    case 'agent':
      return pod.proxy;
    case 'disguised': {
      const [user, group] = [values['proxy.uids'][0], values['proxy.gids'][0]];
      return {
        uid: user !== undefined && 'first' in user ? user.first : undefined,
        gid: group !== undefined && 'first' in group ? group.first : undefined,
      };
    }
    default:
      return by satisfies never;
  }
}

function arrivalOf({ addresses, values, family, here }: Stage, by: Caller): Pick<Packet, 'source' | 'inInterface'> {
  if (by === 'kubelet' && here.ports.of === 'ztunnel') return { source: PROBE[family] };
  if (by !== 'machine') return { source: addresses.client };
  return { source: addresses.machine, inInterface: values['interfaces.reroute'][0] ?? MACHINE_INTERFACE };
}

/** The agent asks the application from the address that the proxy delivers from, and so is not taken for a caller (`UpstreamLocalAddressIPv4`). */
function fromProcess(podNetwork: PodNetwork, { addresses }: Stage, by: Caller, packet: Packet & { readonly destination: string }): Packet {
  const first = { ...firstPacket(packet), destination: packet.destination };
  if ((by === 'agent' || by === 'delivery') && packet.destination === addresses.pod) return { ...first, source: addresses.delivery };
  return withUsualSource(first, hostIn(podNetwork));
}

/** What a proxy opens next: who calls, and what it says of itself. */
interface NextCall extends Partial<Packet> {
  readonly name: string;
  readonly label: string;
  readonly destination: string;
  /** Istio's own proxy without it. */
  readonly owner?: Owner;
}

/** What a proxy or the agent opens next, for a connection that came to it. */
export function nextConnection(
  podNetwork: PodNetwork,
  stage: Stage,
  before: Connection,
  { name, label, owner = podNetwork.pod.proxy, ...packet }: NextCall,
): Connection {
  const { protocol, sourcePort = FIRST_PORT } = before.packet;
  const own = { family: stage.family, origin: 'local', protocol, sourcePort: sourcePort + 1, ...owner } as const;
  const first = { ...firstPacket({ ...own, ...packet }), destination: packet.destination };
  const opened = packet.source === undefined ? withUsualSource(first, hostIn(podNetwork)) : first;
  return { ...before, label, opener: { name, owner }, packet: opened };
}

/** The same connection, as the pod that it goes to gets it. */
export function arrivalAt(stage: Stage, before: Connection, port: number | undefined): Connection {
  const { family, protocol, sourcePort } = before.packet;
  const { pod: source, 'service pod': destination } = stage.addresses;
  const opener: Party = { ...before.opener, owner: undefined };
  const packet = firstPacket({ family, origin: 'remote', protocol, source, sourcePort, destination, destinationPort: port });
  return { ...before, pod: 'other', label: "It arrives at the service's pod", opener, packet };
}
