/** A drawing as SVG: readable in light and dark, its text can be selected, and nothing in it runs or is fetched. */

import type { Box, Drawing, Mark, Row } from './drawing.ts';
import type { Placed, PlacedArrow } from './layout.ts';
import { cut, layoutOf, linesOf, ROW_HEIGHT, rowStarts, TITLE_HEIGHT } from './layout.ts';
import { xml } from './xml.ts';

// Contrast of at least 4.5 to 1 for every text on its ground, in both schemes (WCAG AA). Written out twice, for not every
// viewer knows variables.
const LIGHT = {
  ground: '#fff',
  lane: '#f4f5f8',
  line: '#8b93a3',
  text: '#1c2130',
  quiet: '#5a6273',
  head: '#e6e9f0',
  blue: '#1f56c4',
  green: '#14692f',
  red: '#b3261e',
  amber: '#8a5300',
};
const DARK = {
  ground: '#12151c',
  lane: '#191d27',
  line: '#6a7285',
  text: '#e7eaf1',
  quiet: '#a3abbc',
  head: '#262c3a',
  blue: '#8ab0ff',
  green: '#7bd694',
  red: '#ff9c93',
  amber: '#f0b95a',
};

/** The style of every picture: a page that shows several has it once. @public scripts/explorer.mjs puts it there. */
export const STYLE = `
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;white-space:pre}
.lane-title,.title,text.taken{font-weight:bold}text.removed{text-decoration:line-through}
.arrow{fill:none;stroke-width:1.5}path.aside{stroke-dasharray:4 3}
${colors(LIGHT)}
@media (prefers-color-scheme:dark){
${colors(DARK)}
}`;

function colors({ ground, lane, line, text, quiet, head, blue, green, red, amber }: typeof LIGHT): string {
  const marks = { added: green, good: green, removed: red, bad: red, moved: amber, taken: blue, aside: quiet };
  return [
    `svg{background:${ground}}text{fill:${text}}.label{fill:${quiet}}`,
    `.lane{fill:${lane}}.box{fill:${ground};stroke:${line}}.head{fill:${head}}.event .head{fill:${lane}}`,
    `.arrow{stroke:${line}}.tip{fill:${line};fill:context-stroke}`,
    ...Object.entries(marks).map(([mark, color]) => `text.${mark}{fill:${color}}path.${mark},.marked-${mark} .box{stroke:${color}}`),
  ].join('\n');
}

/** The picture as one text, which a browser, a page or a ticket shows. */
export function svgOf(drawing: Drawing): string {
  const { width, height, lanes, boxes, arrows } = layoutOf(drawing);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${xml(drawing.title)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<title>${xml(drawing.title)}</title>`,
    `<desc>${xml(drawing.description)}</desc>`,
    `<style>${STYLE}</style>`,
    '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...lanes.map(({ lane, at }) => `<g>${rect('lane', at, 8)}${text('lane-title', at.x + 10, at.y + 19, lane.title)}</g>`),
    ...arrows.map(arrowOf),
    ...boxes.map(({ box, at }) => boxOf(box, at)),
    '</svg>',
    '',
  ].join('\n');
}

function rect(name: string, { x, y, width, height }: Placed, round: number): string {
  return `<rect class="${name}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${round}"/>`;
}

function text(name: string, x: number, y: number, value: string): string {
  return `<text class="${name}" x="${x}" y="${y}">${xml(value)}</text>`;
}

function boxOf({ title, kind, rows, mark }: Box, at: Placed): string {
  const starts = rowStarts({ rows });
  const head = rect('head', { ...at, height: TITLE_HEIGHT }, 5);
  return [
    `<g class="${kind}${mark === undefined ? '' : ` marked-${mark}`}">`,
    rect('box', at, 5),
    head,
    text('title', at.x + 10, at.y + 16, title),
    ...rows.map((row, index) => rowOf(row, at.x + 10, at.y + TITLE_HEIGHT + (starts[index] ?? 0) * ROW_HEIGHT + 14)),
    '</g>',
  ].join('');
}

function rowOf({ text: value, about, mark = 'plain' as Mark }: Row, x: number, y: number): string {
  const label = cut(value);
  const hint = [...(label === value ? [] : [value]), ...(about === undefined ? [] : [about])].join('\n');
  const drawn = linesOf(value)
    .map((line, index) => text(mark, x, y + index * ROW_HEIGHT, line))
    .join('');
  return hint === '' ? drawn : `<g><title>${xml(hint)}</title>${drawn}</g>`;
}

/** How far before a box an arrow comes down that goes around. */
const BEFORE = 18;

function arrowOf({ arrow: { label, mark }, from, to, course, between = 0 }: PlacedArrow): string {
  const [across, down] = [Math.max(24, Math.abs(to.x - from.x) / 2), Math.max(12, Math.abs(to.y - from.y) / 2)];
  const line = {
    sideways: `C${from.x + across} ${from.y} ${to.x - across} ${to.y} ${to.x} ${to.y}`,
    down: `C${from.x} ${from.y + down} ${to.x} ${to.y - down} ${to.x} ${to.y}`,
    back: `V${between}H${to.x - BEFORE}V${to.y}H${to.x}`,
  }[course];
  const path = `<path class="arrow${mark === undefined ? '' : ` ${mark}`}" marker-end="url(#tip)" d="M${from.x} ${from.y}${line}"/>`;
  if (label === undefined) return path;
  return path + text('label', (from.x + to.x) / 2 + 6, (from.y + to.y) / 2 - 4, label);
}
