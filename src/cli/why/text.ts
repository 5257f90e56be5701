/** Why, for people: the answer, then what it rests on, then what to do, in at most twelve lines. */

import type { Sourced } from '../../istio/origin.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import { placeText } from '../../istio/packets/packet/text.ts';
import { resolvingInputs } from '../../istio/packets/possible-verdicts.ts';
import { trailOf } from '../../istio/packets/trail.ts';
import { verdictText } from '../../istio/packets/verdict.ts';
import type { Paint } from '../terminal/color.ts';
import { fitted } from '../terminal/fit.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { trailLines } from '../trace/trail-text.ts';
import { VERDICT_STYLES } from '../trace/verdict-styles.ts';
import type { Answer, Decision } from './answer.ts';
import { decisionText } from './answer.ts';
import type { WhyReport } from './report.ts';
import { hasChanged } from './report.ts';

const LABEL = 10;

/** Lines of an answer without the trail, at the width that there is. */
export const MOST_LINES = 12;

/** What is left out where there is no room, in this order; what is not here always stands. */
const LEFT_OUT: readonly string[] = ['assumed', 'because', 'in', 'manifest', 'seen', 'since', 'changed', 'before', 'if'];

export function textForm(report: WhyReport, paint: Paint, columns: number): string {
  const { now, verbose } = report;
  const answer = paint(VERDICT_STYLES[now.verdict.id], onOneLine(answerLine(report)));
  const line = ([label, text]: Fact): string => `${paint('heading', label.padEnd(LABEL))}${onOneLine(text)}`;
  const height = (facts: readonly Fact[]): number => fitted([answer, ...facts.map(line)].join('\n'), columns).split('\n').length;
  const facts = verbose ? factsOf(report) : fewest(factsOf(report), report.moreCommand, (some) => height(some) <= MOST_LINES);
  const lines = [answer, ...facts.map(line)];
  const { podNetwork, reason } = now.context;
  const trail = verbose ? trailLines(trailOf(now.trace, { podNetwork, reason, lines: now.observed, all: false }), paint, '') : [];
  return paragraphs([lines, trail]);
}

/** As many as there is room for; the command that shows the rest and the trail always stands. */
function fewest(facts: readonly Fact[], next: string, isRoom: (facts: readonly Fact[]) => boolean): readonly Fact[] {
  const more: Fact = ['more', next];
  const left = [...facts];
  if (isRoom([...left, more])) return [...left, more];
  for (const label of LEFT_OUT)
    for (let at = left.findLastIndex(([own]) => own === label); at >= 0; at = left.findLastIndex(([own]) => own === label)) {
      left.splice(at, 1);
      if (isRoom([...left, more])) return [...left, more];
    }
  return [...left, more];
}

/** `TCP from the app to 10.20.30.40:3306: direct: leaves the pod by eth0, not caught (before: envoy-outbound)`. */
export function answerLine(report: WhyReport): string {
  const { now, before } = report;
  const was = before === undefined ? '' : hasChanged(report) ? ` (before: ${before.verdict.id})` : ' (as before)';
  return `${senderText(now)} to ${targetText(now)}: ${verdictText(now.verdict)}${was}`;
}

function senderText({ spoken: { packet, sender } }: Answer): string {
  const protocol = (packet.protocol ?? 'a packet').toUpperCase();
  if (sender.kind === 'outside') return `${protocol} from outside`;
  return `${protocol} from ${sender.who === 'process' ? `uid ${sender.uid ?? 'unknown'}` : `the ${sender.who}`}`;
}

function targetText({ spoken: { packet } }: Answer): string {
  return placeText(packet.destination ?? undefined, packet.destinationPort ?? undefined);
}

type Fact = readonly [label: string, text: string];

/** What there is to say below the answer, the most telling first. */
function factsOf(report: WhyReport): readonly Fact[] {
  const { now, before, manifest, fix, since } = report;
  return [
    ['in', now.maker === undefined ? now.context.name : `${now.context.name}: ${now.maker}`],
    ...decisionFacts(now),
    ...(before === undefined ? [] : beforeFacts(report, before)),
    ...(since?.changes ?? []).slice(0, 1).map((change): Fact => ['since', `Istio ${since?.release}: ${change.what}`]),
    ...(manifest === undefined ? [] : [['manifest', manifestText(now, manifest)] as const]),
    ...evidenceFacts(now),
    ...(now.conditions ? [['if', 'what is not shown does nothing'] as const] : []),
    ...(fix === undefined ? [] : [['do', fix.words] as const]),
    ...[...now.context.taken, ...now.spoken.taken].map((text): Fact => ['assumed', text]),
    ...(now.context.early ?? []).map((text): Fact => ['early', text]),
  ];
}

function decisionFacts({ decision, verdict, trace, spoken: { packet } }: Answer): readonly Fact[] {
  if (verdict.id === 'unknown' && decision === undefined) {
    const resolving = resolvingInputs(trace);
    return resolving.length === 0 ? [] : [['to know', resolving.map((one) => one.replace(/^--from /, 'the sender as ')).join(', ')]];
  }
  // What was lost on its way was not let through for want of a rule.
  if (decision === undefined) return verdict.id === 'direct' ? [['because', 'no rule captures it']] : [];
  const { because, setting } = decision;
  return [
    ['rule', decisionText(decision, packet.family) + lineText(decision)],
    ...(because === undefined ? [] : [['because', because] as const]),
    ...(setting === undefined || !isGiven(setting)
      ? []
      : [['set by', `${setting.name}: ${setting.value} (${printSource(setting.source)})`] as const]),
  ];
}

/** Whether somebody set it: what is so in every default pod is no news. */
function isGiven({ source }: Sourced<string>): boolean {
  return !['rules', 'injected', 'default'].includes(source.kind);
}

function lineText({ rule: { line } }: Decision): string {
  return line === undefined ? '' : `  (line ${line})`;
}

function beforeFacts(report: WhyReport, before: Answer): readonly Fact[] {
  const by = before.decision === undefined ? 'no rule captured it' : decisionText(before.decision, before.spoken.packet.family);
  const was: Fact = ['before', `${before.verdict.id}: ${by} (${before.context.name})`];
  return hasChanged(report) ? [was, ['changed', changedText(before, report.now)]] : [was];
}

/** What of the two deciding rules is not in the other state. */
function changedText(before: Answer, now: Answer): string {
  const isNew = now.decision !== undefined && !hasRule(before, now.decision);
  const isGone = before.decision !== undefined && !hasRule(now, before.decision);
  const [is, was] = [now.decision?.setting, before.decision?.setting];
  if (isNew) return `that rule is new${is === undefined ? '' : `, of ${is.name}`}`;
  if (isGone) return `the rule of before is gone${was === undefined ? '' : `, of ${was.name}`}`;
  return 'both have both rules, in another order or behind others';
}

function hasRule({ context: { podNetwork } }: Answer, { table, chain, rule }: Decision): boolean {
  const text = decisionText({ table, chain, rule, position: 0 }, 'ip');
  return (['ip', 'ip6'] as const).some((family) =>
    podNetwork.plan[family].tables.some(
      (one) =>
        one.name === table &&
        one.chains.some(
          (of) => of.name === chain && of.rules.some((own) => decisionText({ table, chain, rule: own, position: 0 }, 'ip') === text),
        ),
    ),
  );
}

function manifestText(now: Answer, manifest: Answer): string {
  const { decision, context, verdict } = manifest;
  const by =
    decision?.setting === undefined
      ? ''
      : ` by ${decision.setting.name}: ${decision.setting.value} (${printSource(decision.setting.source)})`;
  if (verdict.id === now.verdict.id) return `asks for the same${by}`;
  return `${context.name} would have it ${verdict.id}${by}; these are not its rules`;
}

/** What the kernel has counted at the rule that decides. */
function evidenceFacts({ decision, observed }: Answer): readonly Fact[] {
  const counters = decision?.rule.counters;
  if (!observed || counters === undefined) return [];
  const { packets } = counters;
  return [
    [
      'seen',
      packets === 0n ? 'no packet has come to that rule yet' : `that rule has counted ${packets} packet${packets === 1n ? '' : 's'}`,
    ],
  ];
}
