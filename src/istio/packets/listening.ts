/** Whether anybody listens where a packet comes to: by the sockets of a live namespace, or as a release's proxy listens. */

import { parseNetwork } from '../../netfilter/address/network.ts';
import { familyOfAddress } from '../../netfilter/family.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { Listener } from '../../netfilter/trace/host.ts';
import type { End } from '../../netfilter/trace/result.ts';
import type { CapturePlan } from '../plan/plan.ts';
import { proxyDoes } from '../releases/proxy-changes.ts';
import type { Facts } from '../settings/facts.ts';
import type { PodState } from './trace-plan.ts';
import type { Verdict } from './verdict.ts';
import { isCaught } from './verdict.ts';

/** The pod that it comes to. */
interface Pod {
  readonly facts: Facts;
  readonly plan: Pick<CapturePlan, 'release' | 'settings'>;
  readonly state: PodState;
  /** Rules that were found: whether dual stack is on does not show where the first address is of IPv6. */
  readonly ofRules?: boolean;
}

type Delivered = Extract<End, { kind: 'local' }>;

/** The verdict of a new packet that is delivered here, as it is where nobody listens. */
export function heard(pod: Pod, found: Verdict, end: End, packet: Packet): Verdict {
  if (end.kind !== 'local' || end.how === 'reply' || packet.flow !== undefined || (packet.state ?? 'NEW') !== 'NEW') return found;
  const { beforeProxy, network: live } = pod.state;
  const nobody = live?.listeners !== undefined && isKnown(packet, end) && !live.listeners.some((one) => accepts(one, packet, end));
  // Without any of its ports the proxy has not started yet: what the rules do is then what is asked.
  if (isCaught(found) && beforeProxy === true) return { ...found, words: `${found.words}, where nothing listens yet, ${lossOf(packet)}` };
  if (nobody) return unheard(found, end, packet);
  const deaf = live?.listeners === undefined && found.id.startsWith('envoy-') ? deafness(pod, packet) : undefined;
  return deaf === undefined ? found : { id: 'refused', words: `sent to port ${end.port}, ${deaf}` };
}

function lossOf({ protocol }: Packet): string {
  return protocol === 'udp' ? 'and is lost' : 'and the connection is refused';
}

function isKnown({ protocol }: Packet, { port }: Delivered): boolean {
  return (protocol === 'tcp' || protocol === 'udp') && port !== undefined;
}

/** A packet that TPROXY hands over keeps its destination: there the rules have found the socket. */
function accepts({ protocol, families, address, port }: Listener, packet: Packet, end: Delivered): boolean {
  if (protocol !== packet.protocol || port !== end.port || !families.includes(packet.family)) return false;
  return address === undefined || end.how === 'tproxy' || end.address === undefined || address === end.address;
}

function unheard(found: Verdict, { how, port }: Delivered, packet: Packet): Verdict {
  const family = packet.family === 'ip' ? 'IPv4' : 'IPv6';
  const none = `where nothing listens for ${family}, ${lossOf(packet)}`;
  if (how === 'plain' || how === 'mark')
    return { ...found, words: `${found.words}; nothing listens there for ${family}, ${lossOf(packet)}` };
  return { id: 'refused', words: `sent to port ${port}, ${none}` };
}

/**
 * Why the proxy does not listen for the family; undefined where it does, or where that is not known. Of the pod's addresses
 * one of IPv4 makes it listen on 0.0.0.0, and only none at all on [::], for IPv6 alone (`getActualWildcardAndLocalHost` in
 * pilot/pkg/networking/core); with dual stack on both. Link-local addresses are not counted (`GetPrivateIPs` in pkg/network).
 */
function deafness({ facts, plan, ofRules }: Pod, { family, protocol }: Packet): string | undefined {
  if (protocol !== 'tcp' || plan.settings.dualStack.value) return undefined;
  const own = (facts.addresses ?? []).filter((text) => !isLinkLocal(text)).map(familyOfAddress);
  const [has4, has6] = [own.includes('ip'), own.includes('ip6')];
  if (family === 'ip' && has6 && !has4 && facts.listensOnIp4 !== true) {
    const switched = proxyDoes(plan.release, 'mayListenOnIp4') ? ', or ISTIO_ENABLE_IPV4_OUTBOUND_LISTENER_FOR_IPV6_CLUSTERS' : '';
    return `where the proxy of an IPv6-only pod does not listen: the connection is refused, unless dual stack is on${switched}`;
  }
  if (family === 'ip6' && has4 && has6 && ofRules !== true)
    return 'where the proxy listens for IPv4 alone, for dual stack is off: the connection is refused';
  return undefined;
}

function isLinkLocal(text: string): boolean {
  const network = parseNetwork(text.replace(/\/.*$/s, ''));
  return network === null || network.address.startsWith('169.254.') || /^fe[89ab]/.test(network.address);
}
