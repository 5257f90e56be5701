/** The texts that a drawing can become: one table. */

import { dotOf } from './dot.ts';
import type { Drawing } from './drawing.ts';
import { mermaidOf } from './mermaid.ts';
import { svgOf } from './svg.ts';

export const DRAWING_FORMS = { svg: svgOf, mermaid: mermaidOf, dot: dotOf } as const satisfies Record<string, (drawing: Drawing) => string>;

export type DrawingForm = keyof typeof DRAWING_FORMS;
