/** The forms of an explanation: one table. */

import type { Explanation } from '../../istio/advice/explain.ts';
import { writeYaml } from '../../istio/yaml.ts';
import type { Paint } from '../terminal/color.ts';
import { explanationDocument } from './document.ts';
import { markdownForm } from './markdown.ts';
import { textForm } from './text.ts';

interface Form {
  readonly what: string;
  readonly print: (explanation: Explanation, paint: Paint, width: number) => string;
}

export const EXPLAIN_FORMS = {
  table: { what: 'for people', print: textForm },
  json: { what: 'as data', print: (explanation) => `${JSON.stringify(explanationDocument(explanation), null, 2)}\n` },
  yaml: { what: 'the same as YAML', print: (explanation) => writeYaml(explanationDocument(explanation, true)) },
  markdown: { what: 'for a ticket', print: markdownForm },
} as const satisfies Record<string, Form>;

export type ExplainFormName = keyof typeof EXPLAIN_FORMS;

export const EXPLAIN_FORM_NAMES: readonly ExplainFormName[] = Object.keys(EXPLAIN_FORMS) as ExplainFormName[];
