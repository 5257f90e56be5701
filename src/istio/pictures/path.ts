/** A trace as a drawing: a packet's way down through hooks and chains, or each connection of a request beside the one before. */

import type { Arrow, Box, Drawing, Lane, Mark, Row } from '../../drawing/drawing.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import { placeText } from '../packets/packet/text.ts';
import type { SimulatedRequest } from '../packets/stories.ts';
import type { TrailLine, TrailOptions } from '../packets/trail.ts';
import { trailOf } from '../packets/trail.ts';
import type { Verdict } from '../packets/verdict.ts';
import { verdictText } from '../packets/verdict.ts';

/** A packet, in words, with its way and where that ends. */
export interface TracedPacket {
  readonly words: string;
  readonly trace: Trace;
  readonly verdict: Verdict;
}

/** The way of one packet through the rules of a source. */
export function drawPacket(source: string, { words, trace, verdict }: TracedPacket, options: TrailOptions): Drawing {
  return drawPaths(`${source}: ${verdictText(verdict)}`, [pathOf('the packet', words, trace, verdict, options)]);
}

/** One packet, by the rules of several states: each way in a lane of its own. */
export function drawPackets(
  title: string,
  packets: readonly (TracedPacket & { readonly title: string; readonly options: TrailOptions })[],
): Drawing {
  const paths = packets.map(({ title: lane, words, trace, verdict, options }) => pathOf(lane, words, trace, verdict, options));
  return drawPaths(title, paths);
}

/** The connections of a request, each in a lane beside the one before. */
export function drawRequest(source: string, { story, calls }: SimulatedRequest, options: TrailOptions): Drawing {
  const paths = calls.flatMap(({ hops }) =>
    hops
      .filter(({ kind }) => kind === 'connection')
      .map((hop, index) => ({
        ...pathOf(`${index + 1}. ${hop.label}`, openingText(hop.trace), hop.trace, hop.verdict, options),
        follows: index > 0,
      })),
  );
  return drawPaths(`${source}: ${story.about}`, paths);
}

function drawPaths(title: string, paths: readonly TracedPath[]): Drawing {
  const lanes = paths.map((path, index) => laneOf(path, `w${index}`));
  const between = lanes.flatMap(({ boxes }, index): readonly Arrow[] =>
    paths[index]?.follows === true ? [{ from: lanes[index - 1]?.boxes.at(-1)?.id ?? '', to: boxes[0]?.id ?? '' }] : [],
  );
  return {
    title,
    description: paths.map((path) => `${path.title}: ${verdictText(path.verdict)}.`).join(' '),
    flow: 'down',
    lanes: lanes.map(({ lane }) => lane),
    boxes: lanes.flatMap(({ boxes }) => boxes),
    arrows: [...lanes.flatMap(({ arrows }) => arrows), ...between],
  };
}

interface TracedPath {
  /** It begins where the one before ended. */
  readonly follows?: boolean;
  readonly title: string;
  readonly opening: string;
  readonly lines: readonly TrailLine[];
  readonly verdict: Verdict;
}

function pathOf(title: string, opening: string, trace: Trace, verdict: Verdict, options: TrailOptions): TracedPath {
  return { title, opening, lines: trailOf(trace, options), verdict };
}

function openingText({ packet: { protocol, source, destination, destinationPort } }: Trace): string {
  return `${protocol} ${source === undefined ? '' : `${source} > `}${placeText(destination, destinationPort)}`;
}

const MARKS: Readonly<Record<TrailLine['mark'], Mark | undefined>> = {
  '✓': 'taken',
  '✗': 'aside',
  '?': 'moved',
  '·': 'aside',
  ' ': undefined,
};

const VERDICT_MARKS: Readonly<Record<Verdict['id'], Mark | undefined>> = {
  'envoy-inbound': 'good',
  'envoy-outbound': 'good',
  'ztunnel-inbound': 'good',
  'ztunnel-outbound': 'good',
  'dns-agent': 'good',
  'other-proxy': 'moved',
  direct: undefined,
  refused: 'bad',
  dropped: 'bad',
  unknown: 'moved',
};

/** A heading begins a box, and so does what happens between tables; the lines below are its rows. */
function laneOf(
  { title, opening, lines, verdict }: TracedPath,
  lane: string,
): { lane: Lane; boxes: readonly Box[]; arrows: readonly Arrow[] } {
  const boxes: (Omit<Box, 'rows'> & { rows: Row[] })[] = [{ id: `${lane} 0`, title: opening, kind: 'actor', lane, rows: [] }];
  for (const { depth, mark, place, text, asides, step } of lines) {
    const line = `${place}${text === '' ? '' : `  ${text}`}`;
    const current = boxes.at(-1);
    if (step === undefined && (depth === 0 || current === undefined)) {
      boxes.push({ id: `${lane} ${boxes.length}`, title: line, kind: mark === ' ' ? 'chain' : 'event', lane, rows: [] });
      continue;
    }
    const about = asides.join('\n');
    const of = MARKS[mark];
    current?.rows.push({ text: `${'  '.repeat(Math.max(0, depth - 1))}${line}`, ...(about !== '' && { about }), ...(of && { mark: of }) });
  }
  const mark = VERDICT_MARKS[verdict.id];
  boxes.push({ id: `${lane} ${boxes.length}`, title: verdictText(verdict), kind: 'actor', lane, rows: [], ...(mark && { mark }) });
  return {
    lane: { id: lane, title },
    boxes,
    arrows: boxes.slice(1).map(({ id }, index) => ({ from: boxes[index]?.id ?? '', to: id, mark: 'taken' })),
  };
}
