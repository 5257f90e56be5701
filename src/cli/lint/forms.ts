/** The forms of a report: one table. */

import type { Paint } from '../terminal/color.ts';
import { lintDocument } from './document.ts';
import { githubForm } from './github.ts';
import type { PrintedReport } from './report.ts';
import { sarifDocument } from './sarif.ts';
import { tableForm } from './table.ts';

interface Form {
  readonly what: string;
  readonly print: (report: PrintedReport, paint: Paint) => string;
}

export const LINT_FORMS = {
  table: { what: 'for people', print: tableForm },
  json: { what: 'as data', print: (report) => `${JSON.stringify(lintDocument(report), null, 2)}\n` },
  sarif: { what: 'for code scanners (SARIF 2.1.0)', print: (report) => `${JSON.stringify(sarifDocument(report), null, 2)}\n` },
  github: { what: 'annotations of a GitHub workflow', print: githubForm },
} as const satisfies Record<string, Form>;
