/** Objects without pods that were passed over. */

import { onOneLine } from '../../istio/origin.ts';
import { grouped } from './counts.ts';

/** `12 Service, 3 ConfigMap`. */
export function skippedText(skipped: ReadonlyMap<string, number>): string {
  return [...skipped]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => onOneLine(`${grouped(count)} ${what}`))
    .join(', ');
}

/** What was passed over, as a note. */
export function skippedNotes({ skipped }: { readonly skipped: ReadonlyMap<string, number> }): readonly string[] {
  return skipped.size === 0 ? [] : [`note: without pods, so ignored: ${skippedText(skipped)}`];
}
