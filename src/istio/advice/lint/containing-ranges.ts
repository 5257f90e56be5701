/** Which ranges of a list hold another range. */

import { networkRange } from '../../../netfilter/address/address.ts';
import type { Network } from '../../../netfilter/address/network.ts';
import { addressBits } from '../../../netfilter/address/network.ts';

/**
 * Answers the places in the list, in its order, of those that hold a range; of equal ones the first. Two prefixes hold
 * each other or have nothing in common, so that each shorter one is looked up: a list may have thousands.
 */
export function containingRangesIn(list: readonly Network[]): (inner: Network) => readonly number[] {
  const places = new Map<string, number>();
  for (const [index, network] of list.entries()) {
    const key = keysOf(network)(network.prefix);
    if (!places.has(key)) places.set(key, index);
  }
  return (inner) => {
    const key = keysOf(inner);
    return Array.from({ length: inner.prefix + 1 }, (_, prefix) => places.get(key(prefix)) ?? [])
      .flat()
      .sort((a, b) => a - b);
  };
}

/** A network's keys, by how many of its bits count. */
function keysOf(network: Network): (prefix: number) => string {
  const first = BigInt(networkRange(network).first);
  const bits = addressBits(network.family);
  return (prefix) => `${network.family} ${prefix} ${first >> BigInt(bits - prefix)}`;
}
