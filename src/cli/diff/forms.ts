/** The forms of a diff: one table. */

import { DRAWING_FORMS } from '../../drawing/forms.ts';
import type { Paint } from '../terminal/color.ts';
import type { Comparison } from './comparison.ts';
import { differenceDocument } from './document.ts';
import { markdownForm } from './markdown.ts';
import { patchForm } from './patch.ts';
import { drawDifference } from './picture.ts';
import { textForm } from './text.ts';

type Form = (comparison: Comparison, paint: Paint) => string;

export const DIFF_FORMS = {
  text: textForm,
  patch: patchForm,
  json: (comparison) => `${JSON.stringify(differenceDocument(comparison), null, 2)}\n`,
  markdown: markdownForm,
  svg: (comparison) => DRAWING_FORMS.svg(drawDifference(comparison)),
  mermaid: (comparison) => DRAWING_FORMS.mermaid(drawDifference(comparison)),
  dot: (comparison) => DRAWING_FORMS.dot(drawDifference(comparison)),
} as const satisfies Record<string, Form>;

export type DiffFormName = keyof typeof DIFF_FORMS;
