/** nft's texts read, in whichever form: what `nft list ruleset` shows, the scripts that `nft -f` takes, and the JSON of `nft -j`. */

import { readNftJson } from './read-json.ts';
import type { NftRead } from './read-lines.ts';
import { isNftLine, readNftLines } from './read-lines.ts';
import { unwrapped } from './unwrapped.ts';

export type { NftRead } from './read-lines.ts';

/** Whether a text holds rules in a form of nft. */
function looksLikeNft(text: string): boolean {
  if (/^\s*\{/.test(text)) return text.includes('"nftables"');
  return text.split('\n').some(isNftLine);
}

/** Reads the text; undefined where it is in none of the forms. Never throws. */
export function readNft(text: string): NftRead | undefined {
  // Curly quotes are a page's, where there are no others.
  const curly = /[\u201c\u201d]/.test(text) && !text.includes('"');
  if (!curly && looksLikeNft(text)) return /^\s*\{/.test(text) ? readJson(text) : readNftLines(text);
  const plain = unwrapped(text);
  return plain !== text && looksLikeNft(plain) ? readNftLines(plain) : undefined;
}

function readJson(text: string): NftRead | undefined {
  const ruleset = readNftJson(text);
  return ruleset === undefined ? undefined : { ruleset, unread: [] };
}
