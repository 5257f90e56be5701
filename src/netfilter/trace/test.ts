/** A match made ready to be asked of a packet. */

import type { Match } from '../rule/match.ts';
import type { Field } from './result.ts';
import type { Walk } from './walk.ts';

/** `maybe`: it depends on something that is not known. */
export type Holds = 'yes' | 'no' | 'maybe';

export interface Test {
  readonly match: Match;
  /** What of the packet it asks for; undefined where it is not understood, and no packet could say. */
  readonly field: Field | undefined;
  readonly holds: (walk: Walk) => Holds;
  /** From here on it holds, or does not. */
  readonly assume: (walk: Walk, yes: boolean) => void;
}
