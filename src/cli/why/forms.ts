/** The forms of why: one table. */

import type { Drawing } from '../../drawing/drawing.ts';
import { DRAWING_FORMS } from '../../drawing/forms.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { printSource } from '../../istio/origin.ts';
import { packetText } from '../../istio/packets/packet/text.ts';
import { drawPackets } from '../../istio/pictures/path.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Paint } from '../terminal/color.ts';
import { plain } from '../terminal/color.ts';
import { escaped, fenced } from '../terminal/markdown.ts';
import type { Answer } from './answer.ts';
import type { WhyReport } from './report.ts';
import { hasChanged } from './report.ts';
import { answerLine, textForm } from './text.ts';

type Form = (report: WhyReport, paint: Paint, columns: number) => string;

export const WHY_FORMS = {
  text: textForm,
  json: (report) => `${JSON.stringify(whyDocument(report), null, 2)}\n`,
  markdown: (report) => {
    const [, ...lines] = textForm(report, plain, Number.POSITIVE_INFINITY).trimEnd().split('\n');
    return `### ${escaped(answerLine(report))}\n\n${fenced('text', lines).join('\n')}\n`;
  },
  svg: (report) => DRAWING_FORMS.svg(drawingOf(report)),
  mermaid: (report) => DRAWING_FORMS.mermaid(drawingOf(report)),
  dot: (report) => DRAWING_FORMS.dot(drawingOf(report)),
} as const satisfies Record<string, Form>;

/** The way of the connection; of two states the way before stands beside the one now. */
function drawingOf(report: WhyReport): Drawing {
  const { now, before } = report;
  const pathDocument = ({ context: { podNetwork, reason, name }, spoken, trace, verdict, observed }: Answer, title: string) => ({
    title: `${title}${name}`,
    words: packetText(spoken.packet, spoken.sender),
    trace,
    verdict,
    options: { podNetwork, reason, lines: observed, all: false },
  });
  return drawPackets(
    answerLine(report),
    before === undefined ? [pathDocument(now, '')] : [pathDocument(before, 'before: '), pathDocument(now, 'now: ')],
  );
}

/** The document. Within one apiVersion keys are added, never renamed or removed. */
function whyDocument(report: WhyReport): object {
  const { now, before, manifest, since, fix, expected, command } = report;
  return {
    apiVersion: API_VERSION,
    kind: 'Why',
    simulated: true,
    ...answerDocument(now),
    ...(before === undefined ? {} : { before: answerDocument(before), changed: hasChanged(report) }),
    ...(since === undefined ? {} : { since }),
    ...(manifest === undefined ? {} : { manifest: answerDocument(manifest) }),
    ...(fix === undefined ? {} : { fix: { words: fix.words, verdict: fix.verdict } }),
    ...(expected === undefined ? {} : { expected: expected.verdict, asExpected: expected.met }),
    trail: command,
  };
}

function answerDocument({ context, spoken, verdict, decision, conditions, observed }: Answer): object {
  const { flow: _, ...packet } = spoken.packet;
  return {
    source: { name: context.name, observed, ...(context.inferred === undefined ? {} : { inferred: context.inferred }) },
    packet,
    taken: [...context.taken, ...spoken.taken],
    ...((context.early ?? []).length === 0 ? {} : { early: context.early }),
    verdict,
    ifNothingElse: conditions,
    ...(decision === undefined ? {} : { rule: decisionDocument(decision) }),
  };
}

function decisionDocument({ table, chain, position, rule, because, setting }: NonNullable<Answer['decision']>): object {
  return {
    table,
    chain,
    position,
    text: printRule(rule),
    ...(rule.line === undefined ? {} : { line: rule.line }),
    ...(rule.counters === undefined ? {} : { packets: Number(rule.counters.packets) }),
    ...(because === undefined ? {} : { because }),
    ...(setting === undefined
      ? {}
      : { setting: { key: setting.key, name: setting.name, value: setting.value, source: printSource(setting.source) } }),
  };
}
