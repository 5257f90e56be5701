/** A packet in words. */

import type { Packet } from '../../../netfilter/packet.ts';
import type { Sender } from './sender.ts';

/** `TCP from the app (uid 1000, gid 1000) to 10.0.0.5:80, opening a connection`. */
export function packetText(packet: Packet, sender: Sender): string {
  const { protocol = 'a packet', destination, destinationPort, inInterface, outInterface, mark } = packet;
  const arrives = inInterface === undefined ? '' : ` by ${inInterface}`;
  const leaves = outInterface === undefined ? '' : ` by ${outInterface}`;
  const marked = mark === undefined || mark === 0 ? '' : `, with mark ${mark}`;
  const to = placeText(destination, destinationPort);
  return `${protocol.toUpperCase()} from ${senderText(sender)}${arrives} to ${to}${leaves}${marked}${stateText(packet)}`;
}

/** `the app (uid 1000, gid 1000)`. */
function senderText(sender: Sender): string {
  if (sender.kind === 'outside') return 'outside';
  const owner = ownerText(sender);
  return sender.who === 'process' ? `a process${owner}` : `the ${sender.who}${owner}`;
}

/** ` (uid 1000, gid 1000)`; what is not known is left out. */
export function ownerText({ uid, gid }: { readonly uid?: number | null | undefined; readonly gid?: number | null | undefined }): string {
  const ids = [uid === undefined || uid === null ? [] : `uid ${uid}`, gid === undefined || gid === null ? [] : `gid ${gid}`].flat();
  return ids.length === 0 ? '' : ` (${ids.join(', ')})`;
}

/** `10.0.0.5:80`, `[2001:db8::1]:80`, `10.0.0.5`, `port 80`. */
export function placeText(address: string | undefined, port: number | undefined): string {
  if (address === undefined) return port === undefined ? 'anywhere' : `port ${port}`;
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function stateText({ state, protocol }: Packet): string {
  switch (state) {
    case 'NEW':
      return protocol === 'tcp' ? ', opening a connection' : ', the first of its flow';
    case 'ESTABLISHED':
      return protocol === 'tcp' ? ', in an open connection' : ', in a flow that is known';
    case 'RELATED':
      return ', related to a known flow';
    case 'INVALID':
      return ', of no flow that conntrack knows (INVALID)';
    case 'UNTRACKED':
      return ', not tracked';
    case undefined:
      return '';
    default:
      return state satisfies never;
  }
}
