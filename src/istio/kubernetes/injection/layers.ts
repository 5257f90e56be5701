/** Who gave a value, and who lost to it. */

import type { Sourced } from '../../origin.ts';
import type { Layered } from '../mesh/effective.ts';

/** The first that is given wins over the others, each with those that it beat behind it; undefined where none is given. */
export function strongest(...candidates: readonly (Sourced<string> | Layered | undefined)[]): Layered | undefined {
  const [first, ...over] = candidates
    .filter((candidate) => candidate !== undefined)
    .flatMap((candidate) => [bare(candidate), ...('over' in candidate ? candidate.over : [])]);
  return first && { ...first, over };
}

/** A value without those that it beat. */
export function bare({ value, source }: Sourced<string>): Sourced<string> {
  return { value, source };
}
