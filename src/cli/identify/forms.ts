/** The forms of an identification: one table. */

import type { Paint } from '../terminal/color.ts';
import { identificationDocument } from './document.ts';
import { markdownForm } from './markdown.ts';
import type { Report } from './report.ts';
import { textForm } from './text.ts';
import { yamlText } from './words.ts';

interface Form {
  readonly what: string;
  /** Whether it holds every answer, not only the likeliest. */
  readonly all: boolean;
  readonly print: (report: Report, paint: Paint, verbose: boolean) => string;
}

export const IDENTIFY_FORMS = {
  text: { what: 'one screen', all: false, print: textForm },
  json: { what: 'every answer as data', all: true, print: (report) => `${JSON.stringify(identificationDocument(report), null, 2)}\n` },
  yaml: {
    what: 'the settings, as -f reads them',
    all: false,
    print: ({ described: [likeliest] }) => (likeliest === undefined ? '' : yamlText(likeliest)),
  },
  markdown: { what: 'for a ticket', all: false, print: markdownForm },
} as const satisfies Record<string, Form>;
