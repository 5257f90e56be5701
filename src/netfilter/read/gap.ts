/** What a text must have had, or leaves out, and does not show. */

import type { Family } from '../family.ts';
import type { Unseen } from '../unseen.ts';

/** A part of a state that a text must have had, or that stands elsewhere. */
export interface Gap {
  /** Where nothing tells that something was lost: people leave out what they do not need. */
  readonly kind?: 'form';
  readonly family?: Family;
  readonly table?: string;
  readonly chain?: string;
  /** The chains of the table that are shown in full. */
  readonly except?: readonly string[];
  /** Whether tables that are not shown at all may have stood there. */
  readonly more: boolean;
  /** 1-based line of the last command of a log that shows no end of its run. */
  readonly behind?: number;
  /** 1-based line of a look that failed. */
  readonly failedAt?: number;
  /** In words that end a sentence. */
  readonly reason: string;
}

/** As they count for every answer that rests on them. */
export function unseenInGaps(gaps: readonly Gap[]): readonly Unseen[] {
  return gaps.map(({ more: _, behind: __, failedAt: ___, ...gap }): Unseen => gap);
}
