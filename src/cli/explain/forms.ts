/** The forms of an explanation: one table. */

import type { DrawingForm } from '../../drawing/forms.ts';
import { DRAWING_FORMS } from '../../drawing/forms.ts';
import type { Explanation } from '../../istio/advice/explain.ts';
import { drawRules } from '../../istio/pictures/view.ts';
import { writeYaml } from '../../istio/yaml.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { planView } from '../../sources/rules-text.ts';
import type { Paint } from '../terminal/color.ts';
import { explanationDocument } from './document.ts';
import { markdownForm } from './markdown.ts';
import { textForm } from './text.ts';

interface Form {
  readonly what: string;
  readonly print: (explanation: Explanation, paint: Paint, width: number, verbose: boolean) => string;
}

function drawn(form: DrawingForm): Form['print'] {
  return ({ plan }) => {
    const view = planView(plan);
    const full = FAMILIES.filter((family) => plan[family].tables.length > 0);
    return DRAWING_FORMS[form](drawRules(view, full, view.name));
  };
}

export const EXPLAIN_FORMS = {
  table: { what: 'for people', print: textForm },
  json: { what: 'as data', print: (explanation) => `${JSON.stringify(explanationDocument(explanation), null, 2)}\n` },
  yaml: { what: 'the same as YAML', print: (explanation) => writeYaml(explanationDocument(explanation, true)) },
  markdown: { what: 'for a ticket', print: markdownForm },
  svg: { what: 'a picture of the chains, with the reason of each rule', print: drawn('svg') },
  mermaid: { what: 'the same for Mermaid', print: drawn('mermaid') },
  dot: { what: 'the same for Graphviz', print: drawn('dot') },
} as const satisfies Record<string, Form>;

export type ExplainFormName = keyof typeof EXPLAIN_FORMS;
