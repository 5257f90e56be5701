import fc from 'fast-check';
import { expect } from 'vitest';
import { containingRangesIn } from '../../../../src/istio/advice/lint/containing-ranges.ts';
import { networkRange } from '../../../../src/netfilter/address/address.ts';
import type { Network } from '../../../../src/netfilter/address/network.ts';
import { parseNetwork } from '../../../../src/netfilter/address/network.ts';
import { property } from '../../../property.ts';

// Few bits, so that many of them meet.
const network = fc
  .oneof(
    fc.tuple(fc.constantFrom('10.0.0.0', '10.128.0.0', '10.64.0.0', '192.0.0.0', '10.0.0.1'), fc.constantFrom(0, 1, 8, 9, 10, 31, 32)),
    fc.tuple(fc.constantFrom('2001:db8::', '2001:db8:8000::', '2001:db8::1', '::'), fc.constantFrom(0, 32, 33, 127, 128)),
  )
  .map(([address, prefix]) => parseNetwork(`${address}/${prefix}`))
  .filter((one): one is Network => one !== null);

function holds(outer: Network, inner: Network): boolean {
  const [a, b] = [networkRange(outer), networkRange(inner)];
  return outer.family === inner.family && a.first <= b.first && b.last <= a.last;
}

property([fc.array(network, { maxLength: 8 }), network])('ranges that hold another are those whose addresses do', (list, inner) => {
  const same = (a: Network, b: Network): boolean => holds(a, b) && holds(b, a);
  const wanted = list.flatMap((outer, index) =>
    holds(outer, inner) && list.findIndex((one) => same(one, outer)) === index ? [index] : [],
  );
  expect(containingRangesIn(list)(inner)).toEqual(wanted);
});
