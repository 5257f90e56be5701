/** What of a text may be a program's message: not the rules that stand in it, whose comments may hold any words. */

import { nftPartsOf } from '../../../netfilter/read/nft-parts.ts';
import { xmlPartsOf } from '../../../netfilter/read/xml.ts';

/** The text with empty lines where rules stand in XML, in JSON of nft or in its listings. */
export function withoutRules(text: string): string {
  // As long as it was, so that what stands behind a part keeps its place.
  return [...xmlPartsOf(text), ...nftPartsOf(text)].reduce(
    (all, { start, end }) => all.slice(0, start) + all.slice(start, end).replace(/[^\n]/g, ' ') + all.slice(end),
    text,
  );
}
