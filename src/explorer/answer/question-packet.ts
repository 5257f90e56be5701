/** One packet of a region, in the words in which the page asks for one. */

import { placeText } from '../../istio/packets/packet/text.ts';
import type { Pod } from '../../istio/packets/pod.ts';
import type { Packet } from '../../netfilter/packet.ts';
import type { QuestionPacket } from '../question.ts';
import { PROTOCOLS, STATES } from '../question.ts';

/** Undefined where the words of the page don't suffice: a mark, an interface, another protocol. */
export function questionPacket(packet: Packet, pod: Pod): QuestionPacket | undefined {
  const { origin, destination, destinationPort, mark = 0, inInterface } = packet;
  const protocol = PROTOCOLS.find((one) => one === packet.protocol);
  const state = STATES.find((one) => one.toUpperCase() === (packet.state ?? 'NEW'));
  if (protocol === undefined || state === undefined || mark !== 0 || (inInterface !== undefined && inInterface !== 'eth0'))
    return undefined;
  const from = origin === 'remote' ? 'outside' : senderOf(packet, pod);
  if (from === undefined || destination === undefined) return undefined;
  const own = Object.values(pod.addresses).some((addresses) => addresses[0] === destination) && !destination.includes(':');
  return { from, to: placeText(own ? 'pod' : destination, destinationPort), protocol, state };
}

function senderOf({ uid, gid }: Packet, { app, proxy }: Pod): string | undefined {
  if (uid === null || gid === null) return undefined;
  if (uid === app.uid && gid === app.gid) return 'app';
  if (uid === proxy.uid && gid === proxy.gid) return 'proxy';
  const owner = [uid === undefined ? [] : `uid:${uid}`, gid === undefined ? [] : `gid:${gid}`].flat();
  return owner.length === 0 ? 'app' : owner.join(',');
}
