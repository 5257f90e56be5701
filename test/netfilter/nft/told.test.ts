import { expect, it } from 'vitest';
import { readNetlinkListing } from '../../../src/netfilter/nft-listing/netlink-listing.ts';

const TOLD = `2 nat 0

2 nat OUTPUT 1 3 -100 nat 1
2 nat ISTIO_OUTPUT - - - - -

2 nat OUTPUT meta=16,- cmp counter immediate=-3,ISTIO_OUTPUT
2 nat ISTIO_OUTPUT payload=1,16,4,- cmp meta=7,- cmp match counter immediate=-5,-
2 nat ISTIO_OUTPUT payload=1,12,1,- bitwise cmp payload=2,2,2,- range counter target=REDIRECT
`;

it('the tables, chains and rules that the kernel tells of are what nft lists', () => {
  expect(readNetlinkListing(TOLD)).toEqual([
    {
      family: 'ip',
      name: 'nat',
      chains: [
        {
          name: 'OUTPUT',
          hook: 'output',
          type: 'nat',
          priority: -100,
          policy: 'accept',
          rules: [{ verdict: 'jump ISTIO_OUTPUT', matched: ['protocol'], matchesSet: false }],
        },
        {
          name: 'ISTIO_OUTPUT',
          rules: [
            { verdict: 'return', matched: ['destination', 'out-interface'], matchesSet: false },
            { verdict: 'other', target: 'REDIRECT', matched: ['source', 'destination-port'], matchesSet: false },
          ],
        },
      ],
    },
  ]);
  expect(readNetlinkListing('')).toEqual([]);
});

it.each([
  ['another family', '2 nat 0', '1 nat 0'],
  ['a table that iptables does not make', '2 nat 0', '2 nats 0'],
  ['a table that sleeps', '2 nat 0', '2 nat 1'],
  ['a chain of no table', '2 nat OUTPUT 1', '10 nat OUTPUT 1'],
  ['a chain that a device offloads', 'OUTPUT 1 3', 'OUTPUT 3 3'],
  ['a hook that no family of IP has', 'OUTPUT 1 3', 'OUTPUT 1 5'],
  ['a hook without a policy', 'nat 1\n', 'nat -\n'],
  ['a rule of no chain', '2 nat OUTPUT meta', '2 nat INPUT meta'],
  ['an expression that iptables does not make', 'match', 'lookup'],
  ['a mark that is set', 'meta=16,-', 'meta=3,1'],
  ['another key', 'meta=16,-', 'meta=0,-'],
  ['a field that is written', '1,16,4,-', '1,16,4,1'],
  ['two addresses in one', '1,12,1,-', '1,12,8,-'],
  ['another field', '1,12,1,-', '1,8,1,-'],
  ['a field of a link', '1,12,1,-', '0,12,1,-'],
  ['a value that is no verdict', 'immediate=-5,-', 'immediate=-,-'],
  ['another verdict', 'immediate=-5,-', 'immediate=-1,-'],
  ['something behind a verdict', 'immediate=-5,-', 'immediate=-5,- immediate=0,-'],
])('of %s nothing is said: nft has to be asked', (_, part, other) => {
  expect(TOLD).toContain(part);
  expect(readNetlinkListing(TOLD.replace(part, other))).toBeUndefined();
});
