/** How verdicts are coloured. */

import type { VerdictId } from '../../istio/packets/verdict.ts';
import type { Style } from '../terminal/color.ts';

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
