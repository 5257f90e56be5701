/** A range of addresses as the networks that it is made of. */

import { addressValue, printAddress } from '../address/address.ts';
import { addressBits, parseNetwork } from '../address/network.ts';

/** `10.0.0.1-10.0.0.2` as `10.0.0.1/32` and `10.0.0.2/32`; any other text as it is. */
export function addressRange(text: string): readonly string[] {
  const [from, to] = text.split('-').map(parseNetwork);
  if (from === undefined || from === null || to === undefined || to === null || from.family !== to.family) return [text];
  const bits = addressBits(from.family);
  const numberOf = ({ address, family }: NonNullable<typeof from>): bigint => BigInt(addressValue(address, family));
  const last = numberOf(to);
  const networks: string[] = [];
  for (let first = numberOf(from); first <= last; ) {
    let size = 0;
    while (size < bits && first % (1n << BigInt(size + 1)) === 0n && first + (1n << BigInt(size + 1)) - 1n <= last) size += 1;
    networks.push(`${printAddress(from.family === 'ip' ? Number(first) : first)}/${bits - size}`);
    first += 1n << BigInt(size);
  }
  return networks;
}
