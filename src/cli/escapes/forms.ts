/** The forms of escapes: one table. */

import type { Paint } from '../terminal/color.ts';
import { escapesDocument } from './document.ts';
import { junitForm } from './junit.ts';
import { markdownForm } from './markdown.ts';
import type { EscapesReport } from './report.ts';
import { escapesSarif } from './sarif.ts';
import { textForm } from './text.ts';

interface Form {
  readonly what: string;
  readonly print: (report: EscapesReport, paint: Paint) => string;
}

export const ESCAPES_FORMS = {
  text: { what: 'for people', print: textForm },
  json: { what: 'as data, and as a baseline', print: (report) => `${JSON.stringify(escapesDocument(report), null, 2)}\n` },
  markdown: { what: 'for a pull request', print: markdownForm },
  sarif: { what: 'for code scanners (SARIF 2.1.0)', print: (report) => `${JSON.stringify(escapesSarif(report), null, 2)}\n` },
  junit: { what: 'for test reports', print: junitForm },
} as const satisfies Record<string, Form>;
