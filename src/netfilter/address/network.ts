/** Addresses with a prefix length, as `-s` and `-d` take them. */

import type { Family } from '../family.ts';
import { familyOfAddress } from '../family.ts';
import { maskIp6, parseIp6, printIp6 } from './ip6.ts';

/** A range of addresses. The host bits of `address` are zero: the kernel masks them on insertion. */
export interface Network {
  readonly family: Family;
  readonly address: string;
  /** Leading one bits of the mask: 0 to 32, or 0 to 128. */
  readonly prefix: number;
}

/** Number of bits in an address of the family. */
export function addressBits(family: Family): number {
  return family === 'ip' ? 32 : 128;
}

/** The network that holds every address of the family. */
export function everywhere(family: Family): Network {
  return { family, address: family === 'ip' ? '0.0.0.0' : '::', prefix: 0 };
}

/**
 * Reads `10.0.0.0/8`, `2001:db8::/32` or one bare address.
 * Returns null for anything else; leading zeros (`010.0.0.1`) and zones (`fe80::1%eth0`) are refused
 * as Go's netip does, because inet_aton would read the first as another address.
 */
export function parseNetwork(text: string): Network | null {
  const [address = '', prefixText, rest] = text.split('/');
  if (rest !== undefined || (prefixText !== undefined && !/^(0|[1-9]\d{0,2})$/.test(prefixText))) return null;
  const family = familyOfAddress(address);
  const prefix = prefixText === undefined ? addressBits(family) : Number(prefixText);
  if (prefix > addressBits(family)) return null;
  return family === 'ip' ? network4(address, prefix) : network6(address, prefix);
}

// A node's save has tens of thousands of IPv4 ranges: one pass over the digits.
function network4(address: string, prefix: number): Network | null {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (parts === null) return null;
  let bits = 0;
  for (let index = 1; index <= 4; index += 1) {
    const octet = parts[index] ?? '';
    if (Number(octet) > 255 || (octet.length > 1 && octet.startsWith('0'))) return null;
    bits = bits * 256 + Number(octet);
  }
  // A shift by 32 is one by 0.
  const masked = prefix === 0 ? 0 : (bits & (0xffffffff << (32 - prefix))) >>> 0;
  return {
    family: 'ip',
    address: masked === bits ? address : `${masked >>> 24}.${(masked >>> 16) & 255}.${(masked >>> 8) & 255}.${masked & 255}`,
    prefix,
  };
}

function network6(address: string, prefix: number): Network | null {
  const groups = parseIp6(address);
  return groups === null ? null : { family: 'ip6', address: printIp6(maskIp6(groups, prefix)), prefix };
}

/** `address/prefix`, always with the prefix, as iptables-save prints it. */
export function printNetwork(network: Network): string {
  return `${network.address}/${network.prefix}`;
}

/** An address without the length of its network, as packets have it: `10.0.0.7` of `10.0.0.7/24`. */
export function bareAddress(text: string): string {
  return text.replace(/\/.*$/s, '');
}

/** As a listing (`iptables -L -n`) shows it: without the prefix where it names one address. */
export function listNetwork(network: Network): string {
  return network.prefix === addressBits(network.family) ? network.address : printNetwork(network);
}
