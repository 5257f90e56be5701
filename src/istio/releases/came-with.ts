/** When a change came, in words. */

import { releaseAt } from './known.ts';
import type { ChangeName } from './named-changes.ts';
import { SPANS } from './spans.ts';

/** The first release that has a change, or the minor that had it from its start: `it came with 1.15`. */
export function cameWith(name: ChangeName): string {
  return `it came with ${releaseAt(SPANS[name][0] ?? 0).replace(/\.0$/, '')}`;
}
