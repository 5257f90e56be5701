/** What of a text may be a program's message: not the rules that stand in it, whose comments may hold any words. */

import { xmlPartsOf } from '../../../netfilter/read/xml.ts';

const NFT_JSON = /\{\s*"nftables"\s*:/g;
const NFT_TABLE = /\btable (?:ip|ip6|inet|arp|bridge|netdev) \S+ \{\s*$/;
const QUOTED = /"(?:[^"\\]|\\.)*"?/g;

/** The text with empty lines where rules stand in XML, in JSON of nft or in its listings. */
export function withoutRules(text: string): string {
  const parts = [...xmlPartsOf(text), ...jsonParts(text)];
  const rest = parts.reduce((all, { start, end }) => all.slice(0, start) + blank(all.slice(start, end)) + all.slice(end), text);
  return rest.includes('table ') ? withoutTables(rest) : rest;
}

/** As long as it was, so that what stands behind keeps its place. */
function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

function jsonParts(text: string): readonly { readonly start: number; readonly end: number }[] {
  if (!text.includes('"nftables"')) return [];
  const parts: { start: number; end: number }[] = [];
  for (const { index } of text.matchAll(NFT_JSON)) {
    const last = parts.at(-1);
    if (last === undefined || index >= last.end) parts.push({ start: index, end: endOfJson(text, index) });
  }
  return parts;
}

const STEP = /"(?:[^"\\]|\\[\s\S])*"?|[{}]/g;

/** Behind the brace that closes the one at `start`; of a text that breaks off its end. */
function endOfJson(text: string, start: number): number {
  let depth = 0;
  STEP.lastIndex = start;
  for (let step = STEP.exec(text); step !== null; step = STEP.exec(text)) {
    if (step[0] === '{') depth += 1;
    else if (step[0] === '}') depth -= 1;
    if (depth === 0) return STEP.lastIndex;
  }
  return text.length;
}

function withoutTables(text: string): string {
  let depth = 0;
  return text
    .split('\n')
    .map((line) => {
      if (depth === 0 && !NFT_TABLE.test(line)) return line;
      const braces = line.replace(QUOTED, '').match(/[{}]/g) ?? [];
      depth = Math.max(0, depth + braces.reduce((sum, brace) => sum + (brace === '{' ? 1 : -1), 0));
      return '';
    })
    .join('\n');
}
