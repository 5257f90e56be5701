/** What of traffic differs, in a word. */

import type { BehaviorComparison } from '../../istio/packets/behavior.ts';

/** The most telling first; rules that only look different last. */
export const TRAFFIC_RANKS: readonly BehaviorComparison['answer'][] = ['different', 'unknown', 'equal'];

export const TRAFFIC_WORDS: Readonly<Record<BehaviorComparison['answer'], string>> = {
  different: 'elsewhere',
  unknown: 'not known',
  equal: 'the same',
};
