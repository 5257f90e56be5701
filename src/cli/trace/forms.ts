/** The forms of a trace: one table. */

import type { Paint } from '../terminal/color.ts';
import { traceDocument } from './document.ts';
import { markdownForm } from './markdown.ts';
import type { TraceReport } from './report.ts';
import { textForm } from './text.ts';

export const TRACE_FORMS = {
  text: textForm,
  json: (report) => `${JSON.stringify(traceDocument(report), null, 2)}\n`,
  markdown: markdownForm,
} as const satisfies Record<string, (report: TraceReport, paint: Paint) => string>;

export type TraceFormName = keyof typeof TRACE_FORMS;

export const TRACE_FORM_NAMES: readonly TraceFormName[] = Object.keys(TRACE_FORMS) as TraceFormName[];
