/** What the first bytes of a packet say. */

import { parseNetwork } from '../../src/netfilter/address/network.ts';
import type { Family } from '../../src/netfilter/family.ts';
import type { Protocol } from './packets.ts';

export interface Header {
  readonly family: Family;
  readonly protocol: Protocol;
  readonly source: string;
  readonly destination: string;
  /** Of an echo request its number, and 0 as the destination's. */
  readonly sport: number;
  readonly dport: number;
  /** Of TCP: SYN 2, RST 4, ACK 16. */
  readonly flags: number;
  /** The identification of IPv4, the flow label of IPv6: its number where a packet is written by hand. */
  readonly label: number;
  /** What a datagram says of itself (packets_wire.py): the port of its flow, whatever rules have made of its own, and whether it answers. */
  readonly flow?: { readonly port: number; readonly back: boolean };
}

const PROTOCOLS: Readonly<Record<number, Protocol>> = { 1: 'icmp', 6: 'tcp', 17: 'udp', 58: 'icmp' };
const ECHO_REQUESTS = [8, 128];

/** Reads a packet from its network header on; `upper`, where it is given, is what comes behind that. Null for what nobody here sends. */
export function readHeader(data: Buffer, upper?: Buffer): Header | null {
  const old = data.readUInt8(0) >> 4 === 4;
  const family = old ? 'ip' : 'ip6';
  const protocol = PROTOCOLS[data.readUInt8(old ? 9 : 6)];
  const label = old ? data.readUInt16BE(4) : data.readUInt32BE(0) & 0xfffff;
  const next = upper ?? data.subarray(old ? 20 : 40);
  if (protocol === undefined || next.length < 8) return null;
  const [source, destination] = old ? [address4(data, 12), address4(data, 16)] : [address6(data, 8), address6(data, 24)];
  if (protocol === 'icmp') {
    if (!ECHO_REQUESTS.includes(next.readUInt8(0))) return null;
    return { family, protocol, source, destination, sport: next.readUInt16BE(4), dport: 0, flags: 0, label };
  }
  const flags = protocol === 'tcp' && next.length > 13 ? next.readUInt8(13) : 0;
  const flow = protocol === 'udp' ? flowSaid(next) : undefined;
  return { family, protocol, source, destination, sport: next.readUInt16BE(0), dport: next.readUInt16BE(2), flags, label, ...flow };
}

function flowSaid(datagram: Buffer): Pick<Header, 'flow'> {
  if (datagram.length < 16 || datagram.toString('latin1', 8, 12) !== 'flow') return {};
  return { flow: { port: datagram.readUInt16BE(12), back: datagram.readUInt16BE(14) !== 0 } };
}

function address4(data: Buffer, at: number): string {
  return `${data[at]}.${data[at + 1]}.${data[at + 2]}.${data[at + 3]}`;
}

const written = new Map<string, string>();

/** As everything here writes addresses. */
function address6(data: Buffer, at: number): string {
  const groups = Array.from({ length: 8 }, (_, index) => data.readUInt16BE(at + 2 * index).toString(16)).join(':');
  const known = written.get(groups);
  if (known !== undefined) return known;
  const address = parseNetwork(groups)?.address ?? groups;
  written.set(groups, address);
  return address;
}
