/** The forms of a trace: one table. */

import type { Drawing } from '../../drawing/drawing.ts';
import type { DrawingForm } from '../../drawing/forms.ts';
import { DRAWING_FORMS } from '../../drawing/forms.ts';
import { badOption } from '../../istio/bad-option.ts';
import { packetText } from '../../istio/packets/packet/text.ts';
import { drawPacket, drawRequest } from '../../istio/pictures/path.ts';
import type { Paint } from '../terminal/color.ts';
import { traceDocument } from './document.ts';
import { markdownForm } from './markdown.ts';
import type { TraceReport } from './report.ts';
import { textForm } from './text.ts';

export const TRACE_FORMS = {
  text: textForm,
  json: (report) => `${JSON.stringify(traceDocument(report), null, 2)}\n`,
  markdown: markdownForm,
  svg: (report) => DRAWING_FORMS.svg(drawingOf(report, 'svg')),
  mermaid: (report) => DRAWING_FORMS.mermaid(drawingOf(report, 'mermaid')),
  dot: (report) => DRAWING_FORMS.dot(drawingOf(report, 'dot')),
} as const satisfies Record<string, (report: TraceReport, paint: Paint) => string>;

function drawingOf(report: TraceReport, form: DrawingForm): Drawing {
  const { context, all } = report;
  const options = { podNetwork: context.podNetwork, reason: context.purpose, lines: context.lines, all };
  if (report.kind === 'story') return drawRequest(context.name, report.simulated, options);
  if (report.kind === 'packet') {
    const { spoken, trace, verdict } = report;
    return drawPacket(context.name, { words: packetText(spoken.packet, spoken.sender), trace, verdict }, options);
  }
  throw badOption(
    '--output',
    `${form} draws the way of a packet or of a request; --${report.kind} stands for very many: use text, json or markdown`,
  );
}
