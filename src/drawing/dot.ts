/** A drawing in the DOT language, for Graphviz. */

import type { Box, Drawing, Mark } from './drawing.ts';
import { xml } from './xml.ts';

const COLORS: Readonly<Record<Mark, string>> = {
  added: '#14692f',
  removed: '#b3261e',
  moved: '#8a5300',
  taken: '#1f56c4',
  aside: '#5a6273',
  good: '#14692f',
  bad: '#b3261e',
};

/** The graph as one text. */
export function dotOf({ title, flow, lanes, boxes, arrows }: Drawing): string {
  const numbers = new Map(boxes.map(({ id }, index) => [id, `b${index}`]));
  return [
    'digraph {',
    `  label=<${html(title)}>; rankdir=${flow === 'right' ? 'LR' : 'TB'}; fontname=monospace;`,
    '  node [shape=plain fontname=monospace]; edge [fontname=monospace];',
    ...lanes.flatMap((lane, index) => [
      `  subgraph cluster_${index} {`,
      `    label=<${html(lane.title)}>;`,
      ...boxes.filter((box) => box.lane === lane.id).map((box) => `    ${numbers.get(box.id)} [label=<${table(box)}>];`),
      '  }',
    ]),
    ...arrows.flatMap(({ from, row, to, label, mark }) => {
      const [start, end] = [numbers.get(from), numbers.get(to)];
      if (start === undefined || end === undefined) return [];
      const style = [
        ...(label === undefined ? [] : [`label=<${html(label)}>`]),
        ...(mark === undefined ? [] : [`color="${COLORS[mark]}"`]),
      ];
      return [`  ${start}${row === undefined ? '' : `:r${row}`} -> ${end}${style.length === 0 ? '' : ` [${style.join(' ')}]`};`];
    }),
    '}',
    '',
  ].join('\n');
}

function table({ title, rows, mark }: Box): string {
  const color = mark === undefined ? '' : ` COLOR="${COLORS[mark]}"`;
  const lines = rows.map(({ text, mark: of }, index) => {
    const label = of === undefined ? html(text) : `<FONT COLOR="${COLORS[of]}">${html(text)}</FONT>`;
    return `<TR><TD PORT="r${index}" ALIGN="LEFT">${label}</TD></TR>`;
  });
  return `<TABLE BORDER="1" CELLBORDER="0" CELLSPACING="0"${color}><TR><TD ALIGN="LEFT"><B>${html(title)}</B></TD></TR>${lines.join('')}</TABLE>`;
}

/** A text on one line; Graphviz takes no element without one. */
function html(text: string): string {
  return xml(text.replace(/\s+/g, ' ').trim()) || ' ';
}
