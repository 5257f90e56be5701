/** Verdicts as they are printed. */

import type { Verdict, VerdictId } from '../../istio/packets/verdict.ts';
import type { Style } from '../terminal/color.ts';

/** `envoy-inbound: caught by Envoy inbound (15006)`. */
export function verdictText({ id, words }: Verdict): string {
  if (words.startsWith(`${id}:`)) return words;
  return `${id}: ${words.startsWith(`${id} `) ? words.slice(id.length + 1) : words}`;
}

export const VERDICT_STYLES: Readonly<Record<VerdictId, Style>> = {
  'envoy-inbound': 'added',
  'envoy-outbound': 'added',
  'ztunnel-inbound': 'added',
  'ztunnel-outbound': 'added',
  'dns-agent': 'added',
  'other-proxy': 'moved',
  direct: 'heading',
  refused: 'removed',
  dropped: 'removed',
  unknown: 'moved',
};
