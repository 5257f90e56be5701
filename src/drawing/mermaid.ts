/** A drawing as a Mermaid flowchart, as hosts of repositories and wikis render it. */

import type { Arrow, Box, Drawing } from './drawing.ts';
import { cut } from './layout.ts';

const CLASSES = {
  added: 'stroke:#14692f,stroke-width:2px',
  removed: 'stroke:#b3261e,stroke-width:2px',
  moved: 'stroke:#8a5300,stroke-width:2px',
  taken: 'stroke:#1f56c4,stroke-width:2px',
  aside: 'stroke-dasharray:4 3',
  good: 'stroke:#14692f,stroke-width:2px',
  bad: 'stroke:#b3261e,stroke-width:2px',
} as const;

const SIGNS: Readonly<Record<string, string>> = { added: '+ ', removed: '- ', moved: '~ ', taken: '✓ ' };

/** The flowchart as one text. Boxes are named by their number, so that no name of a chain is a word of Mermaid's. */
export function mermaidOf({ title, description, flow, lanes, boxes, arrows }: Drawing): string {
  const numbers = new Map(boxes.map(({ id }, index) => [id, `b${index}`]));
  const used = [...new Set(boxes.flatMap(({ mark }) => mark ?? []))];
  return [
    `flowchart ${flow === 'right' ? 'LR' : 'TD'}`,
    ...spoken('accTitle', title),
    ...spoken('accDescr', description),
    ...lanes.flatMap((lane, index) => [
      `  subgraph lane${index}["${quoted(lane.title)}"]`,
      ...boxes.filter((box) => box.lane === lane.id).map((box) => `    ${numbers.get(box.id)}${shape(box)}`),
      '  end',
    ]),
    ...arrows.flatMap((arrow) => arrowOf(arrow, numbers)),
    '  classDef default text-align:left',
    ...used.map((mark) => `  classDef ${mark} ${CLASSES[mark]}`),
    ...boxes.flatMap(({ id, mark }) => (mark === undefined ? [] : [`  class ${numbers.get(id)} ${mark}`])),
    '',
  ].join('\n');
}

function shape({ title, rows, kind }: Box): string {
  const lines = rows.map(({ text, mark }) => quoted(`${mark === undefined ? '' : (SIGNS[mark] ?? '')}${cut(text)}`));
  const label = `"${[`<b>${quoted(title)}</b>`, ...lines].join('<br/>')}"`;
  return kind === 'actor' ? `([${label}])` : `[${label}]`;
}

function arrowOf({ from, to, label, mark }: Arrow, numbers: ReadonlyMap<string, string>): readonly string[] {
  const [start, end] = [numbers.get(from), numbers.get(to)];
  if (start === undefined || end === undefined) return [];
  const line = mark === 'aside' ? '-.->' : mark === 'taken' ? '==>' : '-->';
  return [`  ${start} ${line}${label === undefined ? '' : `|"${quoted(label)}"|`} ${end}`];
}

/** Within quotation marks: whatever Mermaid, Markdown or HTML gives a meaning stands as its number. */
function quoted(text: string): string {
  // An empty label is a mistake to Mermaid.
  return (text === '' ? ' ' : text)
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '\ufffd')
    .replace(/[#"<>&`\\;%]/g, (letter) => `#${letter.charCodeAt(0)};`);
}

/** What is read aloud. Mermaid reads it to the end of its line, and takes the next line where it is empty. */
function spoken(key: 'accTitle' | 'accDescr', text: string): readonly string[] {
  const line = text
    .replace(/[\p{Cc}\p{Cf}\p{Surrogate}]/gu, '\ufffd')
    .replace(/[#;%{}<>&"]/g, ' ')
    .trim();
  return line === '' ? [] : [`  ${key}: ${line}`];
}
