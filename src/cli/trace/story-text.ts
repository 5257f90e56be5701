/** A story for people: its outcome, each connection with the rules that decide it, and the answers. */

import { onOneLine } from '../../istio/origin.ts';
import { acceptedAnyway } from '../../istio/packets/beyond-proxy.ts';
import { sightingsOf, sightingTexts } from '../../istio/packets/on-the-wire.ts';
import { ownerText, placeText } from '../../istio/packets/packet/text.ts';
import type { Hop, Outcome, SimulatedCall } from '../../istio/packets/stories.ts';
import type { TrailLine } from '../../istio/packets/trail.ts';
import { trailOf } from '../../istio/packets/trail.ts';
import { verdictText } from '../../istio/packets/verdict.ts';
import type { Paint, Style } from '../terminal/color.ts';
import type { StoryReport } from './report.ts';
import { containerLines, labelled, trailLines } from './trail-text.ts';
import { VERDICT_STYLES } from './verdict-styles.ts';

const INDENT = '   ';

export function storyParts(report: StoryReport, paint: Paint): readonly (readonly string[])[] {
  const { story, calls } = report.simulated;
  let number = 0;
  const parts = calls.flatMap((call) => [
    ...connectionParts(call, report, paint, () => {
      number += 1;
      return number;
    }),
    ...answerParts(call, report, paint),
    // Of one request the outcome stands at the top; of several each stands below its own connections as well.
    calls.length === 1 ? [] : [outcomeLine(call, paint)],
  ]);
  const remarks = [...new Set([...calls.flatMap((call) => beyondOf(call) ?? []), ...(story.remark === undefined ? [] : [story.remark])])];
  return [...parts, remarks.map((text) => labelled(paint, 'beyond', text))];
}

/** Where the requests of a story end. */
export function storyAnswer({ simulated: { calls }, containers = [] }: StoryReport, paint: Paint): readonly string[] {
  return [
    ...calls.map((call) => outcomeLine(call, paint, calls.length > 1 ? call.hops[0]?.label : undefined)),
    ...containerLines(containers, paint),
  ];
}

/** `note` is which of several requests it is. */
function outcomeLine({ outcome }: SimulatedCall, paint: Paint, note?: string): string {
  return paint(
    OUTCOME_STYLES[styleOf(outcome)],
    onOneLine(`${note === undefined ? 'The request' : `${note}: the request`} ${outcome.words}.`),
  );
}

/** What the first verdict does not say of what leaves the pod. */
function beyondOf({ hops: [first], outcome }: SimulatedCall): string | undefined {
  if (first === undefined || outcome.kind !== 'answered' || first.verdict.id.endsWith('-inbound')) return undefined;
  const text = acceptedAnyway(first.trace.packet, first.verdict);
  return text === undefined ? undefined : `${text} (the second connection)`;
}

const OUTCOME_STYLES = { good: 'added', unusual: 'moved', bad: 'removed' } as const satisfies Record<string, Style>;

function styleOf({ kind, asMeant }: Outcome): keyof typeof OUTCOME_STYLES {
  return asMeant ? 'good' : kind === 'answered' || kind === 'unknown' ? 'unusual' : 'bad';
}

function connectionParts({ hops }: SimulatedCall, report: StoryReport, paint: Paint, next: () => number): readonly (readonly string[])[] {
  return hops
    .filter(({ kind }) => kind === 'connection')
    .map((hop) => [
      `${paint('heading', `${next()}. ${onOneLine(hop.label)}`)}${podText(hop)}  ${paint('aside', onOneLine(headerText(hop)))}`,
      ...trailOfHop(hop, report, paint),
      `${INDENT}${paint(VERDICT_STYLES[hop.verdict.id], onOneLine(verdictText(hop.verdict)))}`,
      ...wireLines(hop, report, paint),
    ]);
}

/** What a capture in this pod shows of a connection, or of the answer to it. */
function wireLines({ pod, trace }: Hop, { tcpdump }: StoryReport, paint: Paint): readonly string[] {
  if (!tcpdump || pod === 'other') return [];
  return sightingTexts(sightingsOf(trace)).map((text) => `${INDENT}${labelled(paint, 'tcpdump', text)}`);
}

function podText({ pod }: Hop): string {
  return pod === 'other' ? ' (there, with the same rules)' : '';
}

/** `192.0.2.1 > 203.0.113.80:80, uid 1000, gid 1000`. */
function headerText({ trace: { packet } }: Hop): string {
  const { protocol, source, destination, destinationPort, mark } = packet;
  const from = source === undefined ? '' : `${source} > `;
  const marked = mark === undefined || mark === 0 ? '' : `, mark ${mark}`;
  return `${protocol} ${from}${placeText(destination, destinationPort)}${ownerText(packet)}${marked}`;
}

/** The rules that decide; with all of them, each that was met. */
function trailOfHop({ trace }: Hop, { context, all }: StoryReport, paint: Paint): readonly string[] {
  const { podNetwork, reason, lines: numbered } = context;
  if (all) return trailLines(trailOf(trace, { podNetwork, reason, lines: numbered, all }), paint, INDENT);
  const lines = trailOf(trace, { podNetwork, reason: context.purpose, lines: numbered, all }).flatMap(deciding);
  return trailLines(
    lines.filter((line, index) => line.mark !== ' ' || (lines[index + 1]?.mark ?? ' ') !== ' '),
    paint,
    INDENT,
  );
}

/** A built-in chain's jump decides nothing, and where REDIRECT sends something is the verdict's to say. */
function deciding(line: TrailLine): readonly TrailLine[] {
  const { step, mark, text } = line;
  if (mark === '?') return [line];
  if (step === undefined) return mark === ' ' && text === '' ? [line] : [];
  if (step.depth === 0 && step.rule.target.kind === 'jump') return [];
  const plain = step.rule.target.kind === 'REDIRECT';
  return [{ ...line, depth: line.depth - (step.depth > 0 ? 1 : 0), asides: plain ? [] : line.asides }];
}

/** A line for each answer; nat is not asked again, so that there is little to say. */
function answerParts({ hops }: SimulatedCall, report: StoryReport, paint: Paint): readonly (readonly string[])[] {
  const answers = hops.filter(({ kind }) => kind === 'answer');
  const width = Math.max(0, ...answers.map(({ label }) => label.length));
  const lines = answers.flatMap((hop) => [
    `${hop.label.padEnd(width)}  ${paint('aside', onOneLine(verdictText(hop.verdict)))}`,
    ...(hop.stray === true ? [`${INDENT}${paint('moved', 'conntrack does not know the question: it is in another zone')}`] : []),
    ...wireLines(hop, report, paint),
    ...(report.all ? trailOfHop(hop, report, paint) : []),
  ]);
  return lines.length === 0 ? [] : [lines];
}
