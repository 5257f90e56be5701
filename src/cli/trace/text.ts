/** A trace for people: the answer, what was asked, and the way. */

import { onOneLine } from '../../istio/origin.ts';
import { sightingsOf, sightingTexts } from '../../istio/packets/on-the-wire.ts';
import { packetText } from '../../istio/packets/packet/text.ts';
import { trailOf } from '../../istio/packets/trail.ts';
import { verdictText } from '../../istio/packets/verdict.ts';
import type { Paint } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { observedParts } from './observed-text.ts';
import type { PacketReport, TraceReport } from './report.ts';
import { portParts, ruleParts } from './sets-text.ts';
import { storyAnswer, storyParts } from './story-text.ts';
import { containerLines, labelled, trailLines } from './trail-text.ts';
import { VERDICT_STYLES } from './verdict-styles.ts';

export function textForm(report: TraceReport, paint: Paint): string {
  return paragraphs([answerLines(report, paint), headLines(report, paint), ...partsOf(report, paint)]);
}

/** Of all packets to a port or at a rule the answer is all that follows. */
function answerLines(report: TraceReport, paint: Paint): readonly string[] {
  if (report.kind === 'packet') return packetAnswer(report, paint);
  return report.kind === 'story' ? storyAnswer(report, paint) : [];
}

function partsOf(report: TraceReport, paint: Paint): readonly (readonly string[])[] {
  switch (report.kind) {
    case 'packet':
      return packetParts(report, paint);
    case 'story':
      return storyParts(report, paint);
    case 'port':
      return portParts(report, paint);
    case 'rule':
      return ruleParts(report, paint);
    default:
      return report satisfies never;
  }
}

function headLines(report: TraceReport, paint: Paint): readonly string[] {
  const { context } = report;
  return [
    labelled(paint, 'simulated', context.name),
    ...(context.inferred === undefined ? [] : [labelled(paint, 'inferred', context.inferred)]),
    ...questionLines(report, paint),
    ...context.taken.map((text) => labelled(paint, 'assumed', text)),
    ...(context.early ?? []).map((text) => labelled(paint, 'early', text)),
  ];
}

function questionLines(report: TraceReport, paint: Paint): readonly string[] {
  const conditions = (texts: readonly string[]): readonly string[] => texts.map((text) => labelled(paint, 'condition', text));
  switch (report.kind) {
    case 'packet': {
      const { packet, sender, taken } = report.spoken;
      return [labelled(paint, 'packet', packetText(packet, sender)), ...taken.map((text) => labelled(paint, 'assumed', text))];
    }
    case 'story': {
      const { story, cast, conditions: needed } = report.simulated;
      const names = Object.entries(cast).map(([address, name]) => `${address} ${name}`);
      return [
        labelled(paint, 'request', `${story.id}: ${story.about}`),
        ...(names.length === 0 ? [] : [labelled(paint, 'addresses', names.join(', '))]),
        ...conditions(needed),
      ];
    }
    case 'port':
      return [
        labelled(paint, 'port', `${report.port}: first packets to it, from outside and then of the pod`),
        ...conditions(report.conditions),
      ];
    case 'rule':
      return [labelled(paint, 'rule', report.rule), ...conditions(report.conditions)];
    default:
      return report satisfies never;
  }
}

/** The answer first, then its condition. */
function withinLines({ verdict, conditions }: NonNullable<PacketReport['withinListed']>, paint: Paint): readonly string[] {
  const head = paint(VERDICT_STYLES[verdict.id], onOneLine(verdictText(verdict)));
  return [head, ...conditions.map((text) => `  if ${onOneLine(text)} (--assume shown)`)];
}

function packetAnswer(
  { verdict, possibleVerdicts, resolvedBy, withinListed, containers = [] }: PacketReport,
  paint: Paint,
): readonly string[] {
  const answers = possibleVerdicts.map((possible) => `  ${possible.verdict.id}, where ${possible.where.join('; ')}`);
  return [
    ...(withinListed === undefined ? [] : withinLines(withinListed, paint)),
    paint(VERDICT_STYLES[verdict.id], onOneLine(verdictText(verdict))),
    ...answers.map(onOneLine),
    ...(resolvedBy.length === 0 ? [] : [labelled(paint, 'to know', resolvedBy.join(', '))]),
    ...containerLines(containers, paint),
  ];
}

function packetParts(
  { trace, context, all, tcpdump, beyond, proven, counted, observed }: PacketReport,
  paint: Paint,
): readonly (readonly string[])[] {
  const { podNetwork, reason, lines } = context;
  const trail = trailLines(trailOf(trace, { podNetwork, reason, lines, all }), paint, '');
  return [
    trail.length === 0 ? ['no rule matches'] : trail,
    tcpdump ? sightingTexts(sightingsOf(trace)).map((text) => labelled(paint, 'tcpdump', text)) : [],
    counted.map((text) => labelled(paint, 'counters', text)),
    proven.map((text) => labelled(paint, 'conntrack', text)),
    beyond === undefined ? [] : [labelled(paint, 'beyond', beyond)],
    ...(observed === undefined ? [] : observedParts(observed, paint)),
  ];
}
