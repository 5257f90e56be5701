/** Addresses as numbers, so that ranges of them can be compared. */

import type { Family } from '../family.ts';
import { parseIp6, printIp6 } from './ip6.ts';
import type { Network } from './network.ts';
import { addressBits, parseNetwork } from './network.ts';
import type { Range, Value } from './ranges.ts';

/** The number of an address: of 32 bits, or a bigint of 128. Throws a RangeError for a text that is no address of the family. */
export function addressValue(text: string, family: Family): Value {
  const value = family === 'ip' ? dotted(text) : null;
  if (value !== null) return value;
  const network = parseNetwork(text);
  if (network === null || network.family !== family || network.prefix !== addressBits(family))
    throw new RangeError(`${text} is not an ${family === 'ip' ? 'IPv4' : 'IPv6'} address`);
  return numberOf(network);
}

/** A plain IPv4 address, and null for what has to be looked at more closely: this is asked twice for each packet. */
function dotted(text: string): number | null {
  let value = 0;
  let part = -1;
  let parts = 1;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 48;
    if (digit === -2 && part >= 0 && part < 256 && parts < 4) {
      value = value * 256 + part;
      part = -1;
      parts += 1;
    } else if (digit >= 0 && digit <= 9 && part !== 0 && part < 26) part = part < 0 ? digit : part * 10 + digit;
    else return null;
  }
  return parts === 4 && part >= 0 && part < 256 ? value * 256 + part : null;
}

function numberOf({ family, address }: Network): Value {
  if (family === 'ip6') return (parseIp6(address) ?? []).reduce((value, group) => value * 65_536n + BigInt(group), 0n);
  let value = 0;
  for (const part of address.split('.')) value = value * 256 + Number(part);
  return value;
}

/** All addresses of a network. */
export function networkRange(network: Network): Range {
  const first = numberOf(network);
  const free = addressBits(network.family) - network.prefix;
  return { first, last: typeof first === 'bigint' ? first + (1n << BigInt(free)) - 1n : first + 2 ** free - 1 };
}

/** An address in the spelling of iptables. */
export function printAddress(value: Value): string {
  if (typeof value === 'number') return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
  return printIp6(Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - index * 16)) & 0xffffn)));
}
