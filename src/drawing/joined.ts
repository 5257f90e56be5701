/** Several drawings as one, each with its name before those of its lanes. */

import type { Drawing } from './drawing.ts';

export interface NamedDrawing {
  readonly name: string;
  readonly drawing: Drawing;
}

/** The drawings one after the other; they flow alike. */
export function joined(title: string, description: string, parts: readonly NamedDrawing[]): Drawing {
  const renamed = parts.map(({ name, drawing: { lanes, boxes, arrows } }, index) => {
    const own = (id: string): string => `${index} ${id}`;
    return {
      lanes: lanes.map((lane) => ({ id: own(lane.id), title: `${name}: ${lane.title}` })),
      boxes: boxes.map((box) => ({ ...box, id: own(box.id), lane: own(box.lane) })),
      arrows: arrows.map((arrow) => ({ ...arrow, from: own(arrow.from), to: own(arrow.to) })),
    };
  });
  return {
    title,
    description,
    flow: parts[0]?.drawing.flow ?? 'right',
    lanes: renamed.flatMap(({ lanes }) => lanes),
    boxes: renamed.flatMap(({ boxes }) => boxes),
    arrows: renamed.flatMap(({ arrows }) => arrows),
  };
}
