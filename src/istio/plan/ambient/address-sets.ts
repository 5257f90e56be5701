/** The node's sets of addresses: whose health checks get a source by which the pods know them. */

import { parseNetwork } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { SetElement } from '../../../netfilter/rule/nft-set.ts';
import type { Profile } from '../../releases/profile.ts';
import type { AddressSet } from './state.ts';

/** The name of a family's set. */
export function setName(family: Family, { has }: Profile): string {
  return has('ambientTwoSets') ? `istio-inpod-probes-${family === 'ip' ? 'v4' : 'v6'}` : 'istio-inpod-probes';
}

/** The comment that the agent gives every element: the pod's uid, which a plan does not know. */
const UID = 'uid-of-the-pod';

/** The elements of a family's set: IPv4-mapped addresses are put in as IPv4. */
export function elementsOf(family: Family, podIPs: readonly string[]): readonly SetElement[] {
  const plain = podIPs.map((text) => text.replace(/^::ffff:(?=\d+\.)/i, ''));
  const own = plain.flatMap((text) => {
    const address = parseNetwork(text);
    return address?.family === family ? [address.address] : [];
  });
  return [...new Set(own)].map((value) => ({ value, comment: UID }));
}

/** The elements with others added, each value once, in their order. */
export function withElements(elements: readonly SetElement[], added: readonly SetElement[]): readonly SetElement[] {
  return [...withoutElements(elements, added), ...added].sort((a, b) => (a.value < b.value ? -1 : 1));
}

export function withoutElements(elements: readonly SetElement[], removed: readonly SetElement[]): readonly SetElement[] {
  return elements.filter(({ value }) => !removed.some((one) => one.value === value));
}

/** What `ipset save` shows, sorted, without sizes. */
export function ipsetText(sets: readonly AddressSet[]): string {
  const lines = sets.flatMap(({ name, family, comments, elements }) => [
    `create ${name} hash:ip family ${family === 'ip' ? 'inet' : 'inet6'}${comments ? ' comment' : ''}`,
    ...elements.map(({ value, comment }) => `add ${name} ${value}${comments && comment !== undefined ? ` comment "${comment}"` : ''}`),
  ]);
  return lines.map((line) => `${line}\n`).join('');
}
