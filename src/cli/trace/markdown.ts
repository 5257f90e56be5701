/** A trace for a ticket. */

import { verdictText } from '../../istio/packets/verdict.ts';
import { plain } from '../terminal/color.ts';
import { code, fenced } from '../terminal/markdown.ts';
import type { TraceReport } from './report.ts';
import { textForm } from './text.ts';

/** The answer first, where there is one, and the whole text as a block. */
export function markdownForm(report: TraceReport): string {
  const lines = textForm(report, plain).trimEnd().split('\n');
  const answers = answersOf(report).map((text) => `**${code(text)}**`);
  return `${['### Simulated trace', ...answers, fenced('text', lines).join('\n')].join('\n\n')}\n`;
}

function answersOf(report: TraceReport): readonly string[] {
  if (report.kind === 'packet') return [verdictText(report.verdict)];
  return report.kind === 'story' ? report.simulated.calls.map(({ outcome }) => `${report.simulated.story.id} ${outcome.words}`) : [];
}
