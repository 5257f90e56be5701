/** The forms of a check: one table. */

import type { Paint } from '../terminal/color.ts';
import { checkDocument } from './document.ts';
import { markdownForm } from './markdown.ts';
import type { Report } from './report.ts';
import { textForm } from './text.ts';

interface Form {
  readonly what: string;
  readonly print: (report: Report, paint: Paint) => string;
}

export const CHECK_FORMS = {
  text: { what: 'one screen', print: textForm },
  json: { what: 'the same as data', print: (report) => `${JSON.stringify(checkDocument(report), null, 2)}\n` },
  markdown: { what: 'for a ticket', print: markdownForm },
} as const satisfies Record<string, Form>;

export type CheckFormName = keyof typeof CHECK_FORMS;
