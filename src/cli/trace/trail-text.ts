/** Lines that a text form of a trace is put together from. */

import { onOneLine } from '../../istio/origin.ts';
import type { TrailLine } from '../../istio/packets/trail.ts';
import type { Paint } from '../terminal/color.ts';

const LABEL = 11;

/** A label, and what belongs to it. */
export function labelled(paint: Paint, label: string, text: string): string {
  return `${paint('heading', label.padEnd(LABEL))}${onOneLine(text)}`;
}

/** Lines of a trail in two columns: where, and what. */
export function trailLines(lines: readonly TrailLine[], paint: Paint, indent: string): readonly string[] {
  const width = Math.max(0, ...lines.filter(({ text }) => text !== '').map(({ depth, place }) => depth * 2 + place.length));
  return lines.flatMap(({ depth, mark, place, text, style, asides }) => {
    const lead = `${indent}${'  '.repeat(depth)}`;
    const marked = mark === ' ' ? '' : `${mark} `;
    const room = text === '' ? place : place.padEnd(width - depth * 2 + (mark === ' ' ? 2 : 0));
    const line = `${marked}${room}${text === '' ? '' : `  ${text}`}`;
    const below = ' '.repeat(width + 4);
    return [
      `${lead}${paint(style ?? (mark === '✓' ? 'added' : 'aside'), onOneLine(line))}`,
      ...asides.map((aside) => `${indent}${below}${paint('aside', onOneLine(aside))}`),
    ];
  });
}
