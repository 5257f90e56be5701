/** The lines of a text in which parts of XML, and tables as nft shows them, may stand. */

import type { Gap } from './gap.ts';
import type { Line } from './lines.ts';
import { readLines } from './lines.ts';
import { nftPartsOf } from './nft-parts.ts';
import type { ReadProblems } from './problems.ts';
import { linesOfXml, xmlPartsOf } from './xml.ts';

/** As `readLines`, with what iptables-xml printed as the save that it stands for, and nothing of nft's; what is lost of XML is added to `gaps`. */
export function* readAllLines(text: string, problems: ReadProblems, gaps: Gap[]): Generator<Line> {
  let from = 0;
  const xml = xmlPartsOf(text);
  const parts = [...xml, ...nftPartsOf(text)].sort((a, b) => a.start - b.start);
  for (const part of parts) {
    if (part.start < from) continue;
    yield* linesBetween(text, from, part.start, problems);
    if (xml.includes(part)) yield* linesOfXml(text, part, gaps);
    from = part.end;
  }
  yield* linesBetween(text, from, text.length, problems);
}

function* linesBetween(text: string, start: number, end: number, problems: ReadProblems): Generator<Line> {
  if (start === 0) yield* readLines(end === text.length ? text : text.slice(0, end), problems);
  if (start === 0 || start === end) return;
  // Numbers are those of the whole text.
  const before = text.slice(0, start).split('\n').length - 1;
  for (const line of readLines('\n'.repeat(before) + text.slice(start, end), problems)) if (line.number > before) yield line;
}
