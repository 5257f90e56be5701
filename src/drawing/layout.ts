/** Where everything of a drawing stands, in pixels. */

import type { Arrow, Box, Drawing, Lane } from './drawing.ts';
import { ranksOf } from './ranks.ts';

const LETTER = 7.25;
export const TITLE_HEIGHT = 24;
export const ROW_HEIGHT = 18;
/** Longer texts are cut; the whole of them is in the title that a pointer shows. */
const MOST_LETTERS = 150;
/** A row that is longer goes on in another line, so that a picture is no wider than a page of a document. */
const MOST_IN_LINE = 50;
const HANGING = '    ';

const PADDING = 10;
const MARGIN = 16;
const BETWEEN_RANKS = 56;
const BETWEEN_BOXES = 18;
const LANE_HEAD = 30;
/** Lanes that stand side by side take no more than this together: the next ones stand below. */
const MOST_ACROSS = 900;

export interface Placed {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedArrow {
  readonly arrow: Arrow;
  readonly from: Point;
  readonly to: Point;
  /** From side to side; from below to above; or from below to the left side of what begins another row of lanes. */
  readonly course: 'sideways' | 'down' | 'back';
  /** Of one that goes back: how high it goes across, between the rows. */
  readonly between?: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly { readonly lane: Lane; readonly at: Placed }[];
  readonly boxes: readonly { readonly box: Box; readonly at: Placed }[];
  readonly arrows: readonly PlacedArrow[];
}

/** The text as it is drawn. */
export function cut(text: string): string {
  return text.length > MOST_LETTERS ? `${text.slice(0, MOST_LETTERS - 1)}…` : text;
}

/** The lines that a row takes: broken between words, and further in from the second one on. */
export function linesOf(text: string): readonly string[] {
  const [indent = ''] = /^ */.exec(text) ?? [];
  const lines: string[] = [];
  let line = indent;
  for (const word of cut(text).trimStart().split(' ')) {
    const begins = line.trim() === '';
    if (!begins && line.length + 1 + word.length > MOST_IN_LINE) {
      lines.push(line);
      line = `${indent}${HANGING}${word}`;
    } else line = begins ? `${line}${word}` : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The line, counted from 0, in which each row of a box begins; behind the last, how many there are. */
export function rowStarts({ rows }: Pick<Box, 'rows'>): readonly number[] {
  const starts = [0];
  for (const { text } of rows) starts.push((starts.at(-1) ?? 0) + linesOf(text).length);
  return starts;
}

function sizeOf({ title, rows }: Box): { readonly width: number; readonly height: number } {
  const letters = Math.max(title.length, ...rows.flatMap(({ text }) => linesOf(text).map((line) => line.length)));
  const lines = rowStarts({ rows }).at(-1) ?? 0;
  return {
    width: Math.ceil(letters * LETTER) + 2 * PADDING,
    height: TITLE_HEIGHT + (rows.length === 0 ? 0 : lines * ROW_HEIGHT + 6),
  };
}

/** Lanes one after the other, in each the ranks, in each rank its boxes in the order in which they are given. */
export function layoutOf(drawing: Drawing): Layout {
  const ranks = ranksOf(drawing);
  const right = drawing.flow === 'right';
  const places = new Map<string, Placed>();
  const lanes: { lane: Lane; at: Placed }[] = [];
  let start = MARGIN;
  // Of lanes side by side: where their row begins, and where it ends.
  let row = MARGIN;
  let end = MARGIN;
  for (const lane of drawing.lanes) {
    const boxes = drawing.boxes.filter((box) => box.lane === lane.id);
    if (!right && start > MARGIN && start + widthOf(boxes, lane, ranks) > MOST_ACROSS) [start, row] = [MARGIN, end + 2 * MARGIN];
    const [top, left] = right ? [start + LANE_HEAD, MARGIN] : [row + LANE_HEAD, start];
    let along = right ? left + PADDING : top;
    let across = 0;
    for (let rank = 0; boxes.some(({ id }) => (ranks.get(id) ?? 0) >= rank); rank += 1) {
      const inRank = boxes.filter(({ id }) => ranks.get(id) === rank);
      let offset = 0;
      for (const box of inRank) {
        const { width, height } = sizeOf(box);
        places.set(box.id, right ? { x: along, y: top + offset, width, height } : { x: left + PADDING + offset, y: along, width, height });
        offset += (right ? height : width) + BETWEEN_BOXES;
      }
      const sizes = inRank.map(sizeOf).map(({ width, height }) => (right ? width : height));
      along += Math.max(0, ...sizes) + (right ? BETWEEN_RANKS : BETWEEN_RANKS / 2);
      across = Math.max(across, offset - BETWEEN_BOXES);
    }
    const head = Math.ceil(lane.title.length * LETTER) + 2 * PADDING;
    const at = right
      ? { x: left, y: start, width: Math.max(along - left - BETWEEN_RANKS + PADDING, head), height: LANE_HEAD + across + PADDING }
      : { x: start, y: row, width: Math.max(across + 2 * PADDING, head), height: along - row - BETWEEN_RANKS / 2 + PADDING };
    end = Math.max(end, at.y + at.height);
    lanes.push({ lane, at });
    start += (right ? at.height : at.width) + MARGIN;
  }
  const ends = lanes.map(({ at }) => [at.x + at.width, at.y + at.height] as const);
  return {
    width: Math.max(2 * MARGIN, ...ends.map(([x]) => x + MARGIN)),
    height: Math.max(2 * MARGIN, ...ends.map(([, y]) => y + MARGIN)),
    lanes,
    boxes: drawing.boxes.flatMap((box) => {
      const at = places.get(box.id);
      return at === undefined ? [] : [{ box, at }];
    }),
    arrows: drawing.arrows.flatMap((arrow) => placed(arrow, drawing, places)),
  };
}

/** How much room a lane takes beside others. */
function widthOf(boxes: readonly Box[], { title }: Lane, ranks: ReadonlyMap<string, number>): number {
  const across = new Map<number, number>();
  for (const box of boxes) {
    const rank = ranks.get(box.id) ?? 0;
    const before = across.get(rank);
    across.set(rank, (before === undefined ? 0 : before + BETWEEN_BOXES) + sizeOf(box).width);
  }
  return Math.max(0, Math.ceil(title.length * LETTER), ...across.values()) + 2 * PADDING;
}

function placed(arrow: Arrow, { boxes, flow }: Drawing, places: ReadonlyMap<string, Placed>): readonly PlacedArrow[] {
  const [from, to] = [places.get(arrow.from), places.get(arrow.to)];
  if (from === undefined || to === undefined) return [];
  const laneOf = (id: string): string | undefined => boxes.find((box) => box.id === id)?.lane;
  const below = { x: from.x + Math.min(60, from.width / 2), y: from.y + from.height };
  const entry = { x: to.x, y: to.y + TITLE_HEIGHT / 2 };
  if (flow === 'down' && laneOf(arrow.from) === laneOf(arrow.to))
    return [{ arrow, course: 'down', from: below, to: { x: to.x + Math.min(60, to.width / 2), y: to.y } }];
  if (flow === 'down' && to.x < from.x + from.width)
    return [{ arrow, course: 'back', from: below, to: entry, between: to.y - LANE_HEAD - MARGIN }];
  const start = arrow.row === undefined ? undefined : rowStarts(boxes.find(({ id }) => id === arrow.from) ?? { rows: [] })[arrow.row];
  const height = start === undefined ? TITLE_HEIGHT / 2 : TITLE_HEIGHT + (start + 0.5) * ROW_HEIGHT;
  return [{ arrow, course: 'sideways', from: { x: from.x + from.width, y: from.y + height }, to: entry }];
}
