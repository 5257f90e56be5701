/** Which lines of a long list are shown: those that differ, and some around them. */

/** Pieces of the list, each from `start` up to `end` (not included); pieces that would touch are one. */
export interface Hunk {
  readonly start: number;
  readonly end: number;
}

/** The hunks of a list in which these indexes, rising, differ. */
export function hunksOf(changed: readonly number[], length: number, context: number): readonly Hunk[] {
  const hunks: { start: number; end: number }[] = [];
  for (const index of changed) {
    const [start, end] = [Math.max(0, index - context), Math.min(length, index + context + 1)];
    const before = hunks.at(-1);
    if (before !== undefined && start <= before.end) before.end = end;
    else hunks.push({ start, end });
  }
  return hunks;
}
