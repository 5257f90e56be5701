/** A trace as a drawing: a packet's way down through hooks and chains, or each connection of a request beside the one before. */

import type { Arrow, Box, Drawing, Lane, Mark, Row } from '../../drawing/drawing.ts';
import { packetText, placeText } from '../../istio/packets/packet/text.ts';
import type { Verdict } from '../../istio/packets/verdict.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import type { PacketReport, StoryReport } from './report.ts';
import type { TrailLine, TrailOptions } from './trail.ts';
import { trailOf } from './trail.ts';
import { verdictText } from './verdict-text.ts';

/** A port or a rule stands for very many packets: there is no one way to draw. */
export function drawTrace(report: PacketReport | StoryReport): Drawing {
  const { context } = report;
  const { podNetwork, lines } = context;
  const options = { podNetwork, reason: context.purpose, lines, all: report.all };
  const ways =
    report.kind === 'packet'
      ? [wayOf('the packet', packetText(report.spoken.packet, report.spoken.sender), report.trace, report.verdict, options)]
      : report.simulated.calls.flatMap(({ hops }) =>
          hops
            .filter(({ kind }) => kind === 'connection')
            .map((hop, index) => wayOf(`${index + 1}. ${hop.says}`, openingText(hop.trace), hop.trace, hop.verdict, options)),
        );
  const lanes = ways.map((way, index) => laneOf(way, `w${index}`));
  const between = lanes.slice(1).map(({ boxes }, index): Arrow => ({ from: lanes[index]?.boxes.at(-1)?.id ?? '', to: boxes[0]?.id ?? '' }));
  return {
    title:
      report.kind === 'packet' ? `${context.name}: ${verdictText(report.verdict)}` : `${context.name}: ${report.simulated.story.about}`,
    description: ways.map(({ title, verdict }) => `${title}: ${verdictText(verdict)}.`).join(' '),
    flow: 'down',
    lanes: lanes.map(({ lane }) => lane),
    boxes: lanes.flatMap(({ boxes }) => boxes),
    arrows: [...lanes.flatMap(({ arrows }) => arrows), ...between],
  };
}

interface Way {
  readonly title: string;
  readonly opening: string;
  readonly lines: readonly TrailLine[];
  readonly verdict: Verdict;
}

function wayOf(title: string, opening: string, trace: Trace, verdict: Verdict, options: TrailOptions): Way {
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

/** A heading begins a box, and so does what happens between tables; the lines below are its rows. */
function laneOf({ title, opening, lines, verdict }: Way, lane: string): { lane: Lane; boxes: readonly Box[]; arrows: readonly Arrow[] } {
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
  const good = verdict.id.startsWith('envoy') || verdict.id === 'dns-agent';
  const mark: Mark | undefined = good ? 'good' : verdict.id === 'dropped' ? 'bad' : verdict.id === 'unknown' ? 'moved' : undefined;
  boxes.push({ id: `${lane} ${boxes.length}`, title: verdictText(verdict), kind: 'actor', lane, rows: [], ...(mark && { mark }) });
  return {
    lane: { id: lane, title },
    boxes,
    arrows: boxes.slice(1).map(({ id }, index) => ({ from: boxes[index]?.id ?? '', to: id, mark: 'taken' })),
  };
}
