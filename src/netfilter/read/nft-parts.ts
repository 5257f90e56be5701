/** Where a text shows tables as nft does: a comment in them may hold lines that look like those of iptables, and none of them is. */

export interface TextPart {
  readonly start: number;
  /** Behind the part. */
  readonly end: number;
}

const STARTS = /\{\s*"nftables"\s*:|\btable (?:ip|ip6|inet|arp|bridge|netdev) \S{1,256} \{[ \t]*$/gm;

const STEP = /"(?:[^"\\]|\\[\s\S])*"?|[{}]/g;

// Each looks through all that follows.
const MOST_BROKEN = 16;

/** The parts, in their order. One whose end is lost is left out, for anything may follow it; but of JSON nothing that follows can be told apart. */
export function nftPartsOf(text: string): readonly TextPart[] {
  if (!text.includes('"nftables"') && !text.includes('table ')) return [];
  const parts: TextPart[] = [];
  let broken = 0;
  for (const { index, 0: found } of text.matchAll(STARTS)) {
    const last = parts.at(-1);
    if (last !== undefined && index < last.end) continue;
    const isJson = found.startsWith('{');
    const end = endOfBraces(text, isJson ? index : index + found.lastIndexOf('{'));
    if (end === undefined) broken += 1;
    if (broken > MOST_BROKEN) break;
    if (end !== undefined || isJson) parts.push({ start: index, end: end ?? text.length });
  }
  return parts;
}

/** Behind the brace that closes the one at `start`. */
function endOfBraces(text: string, start: number): number | undefined {
  let depth = 0;
  STEP.lastIndex = start;
  for (let step = STEP.exec(text); step !== null; step = STEP.exec(text)) {
    if (step[0] === '{') depth += 1;
    else if (step[0] === '}') depth -= 1;
    if (depth === 0) return STEP.lastIndex;
  }
  return undefined;
}
