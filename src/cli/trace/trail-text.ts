/** Lines that a text form of a trace is put together from. */

import { onOneLine } from '../../istio/origin.ts';
import { ownerText } from '../../istio/packets/packet/text.ts';
import type { TrailLine } from '../../istio/packets/trail.ts';
import { verdictText } from '../../istio/packets/verdict.ts';
import type { Paint } from '../terminal/color.ts';
import type { ContainerAnswer } from './report.ts';

const LABEL = 11;

/** A label, and what belongs to it. */
export function labelled(paint: Paint, label: string, text: string): string {
  return `${paint('heading', label.padEnd(LABEL))}${onOneLine(text)}`;
}

/** What each container gets, where a pod has several users. */
export function containerLines(containers: readonly ContainerAnswer[], paint: Paint): readonly string[] {
  return containers.map(({ name, verdict, ...owner }) =>
    labelled(paint, 'container', `${name}${ownerText(owner)}: ${verdictText(verdict)}`),
  );
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
