/** One of the two sources of a comparison. */

import type { RuleSource } from './rule-source.ts';

export interface DiffOperand extends RuleSource {
  /** Where nobody named the side: whether it has exactly the rules of Istio on the other, or comes nearest to them. */
  readonly inferred?: 'exact' | 'nearest';
}
