/** Sets of addresses in words: by names and networks, and by what is missing where that is shorter. */

import { networkRange, printAddress } from '../address/address.ts';
import { addressBits, everywhere, listNetwork } from '../address/network.ts';
import type { Range, Ranges } from '../address/ranges.ts';
import { subtract } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import { listWords } from '../words.ts';

/** A set of addresses that has a name: `loopback`, `the pod`. */
export interface NamedAddresses {
  readonly name: string;
  readonly ranges: Ranges;
}

/** More networks than this are not listed. */
const MOST_LISTED = 4;

/** More than this are not even counted: the rest of a range around one IPv6 address has 128. */
const MOST_COUNTED = 12;

/** `10.0.0.0/8`, `any address but loopback`, `the pod itself (except localhost)`. */
export function addressWords(family: Family, ranges: Ranges, names: readonly NamedAddresses[]): string {
  const all: NamedAddresses = { name: 'any address', ranges: everything(family) };
  const parts = [{ name: '', ranges: [] }, all, ...names].map((base) => ({
    base: base.name,
    more: blocksOf(subtract(ranges, base.ranges)),
    less: blocksOf(subtract(base.ranges, ranges)),
  }));
  const cost = ({ base, more, less }: (typeof parts)[number]): number => (base === '' ? 0 : 1) + more.length + 1.5 * less.length;
  const [best] = [...parts].sort((a, b) => cost(a) - cost(b));
  if (best === undefined) return '';
  const less = best.less.length === 0 ? '' : listed(best.less, names, family);
  const but = less === '' ? '' : best.base.startsWith('any ') ? ` but ${less}` : ` (except ${less})`;
  const also = best.more.length === 0 ? '' : listed(best.more, names, family);
  return [best.base + but, also].filter((text) => text !== '').join(' and ');
}

function everything(family: Family): Ranges {
  return [networkRange(everywhere(family))];
}

function listed(blocks: Ranges, names: readonly NamedAddresses[], family: Family): string {
  const texts = blocks.slice(0, MOST_LISTED).map((block) => nameOf(block, names) ?? blockText(block, family));
  return listWords(blocks.length > MOST_LISTED ? [...texts.slice(0, -1), 'more'] : texts);
}

function nameOf({ first, last }: Range, names: readonly NamedAddresses[]): string | undefined {
  return names.find(({ ranges: [only, ...others] }) => others.length === 0 && only?.first === first && only.last === last)?.name;
}

function blockText({ first, last }: Range, family: Family): string {
  const prefix = addressBits(family) - (BigInt(last) - BigInt(first)).toString(2).replace('0', '').length;
  return listNetwork({ family, address: printAddress(first), prefix });
}

/** The networks that together are the ranges, as few as can be, and no more than are counted. */
function blocksOf(ranges: Ranges): Ranges {
  const blocks: Range[] = [];
  for (const { first, last } of ranges) {
    for (let start = BigInt(first); start <= BigInt(last) && blocks.length <= MOST_COUNTED; ) {
      // As large as the address is round, and as fits.
      let size = start === 0n ? 1n << 128n : start & -start;
      while (start + size - 1n > BigInt(last)) size >>= 1n;
      const end = start + size - 1n;
      blocks.push(typeof first === 'bigint' ? { first: start, last: end } : { first: Number(start), last: Number(end) });
      start += size;
    }
  }
  return blocks;
}
