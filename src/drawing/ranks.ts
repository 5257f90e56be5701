/** How far each box is from where its lane begins: arrows lead from one rank to a later one. */

import type { Drawing } from './drawing.ts';

/** The rank of each box (0 first), counted within its lane; an arrow that closes a circle counts for nothing. */
export function ranksOf({ boxes, arrows }: Drawing): ReadonlyMap<string, number> {
  const lanes = new Map(boxes.map(({ id, lane }) => [id, lane]));
  const before = new Map<string, string[]>(boxes.map(({ id }) => [id, []]));
  for (const { from, to } of arrows) if (lanes.get(from) === lanes.get(to)) before.get(to)?.push(from);
  const ranks = new Map<string, number>();
  const open = new Set<string>();
  const rankOf = (id: string): number => {
    const known = ranks.get(id);
    if (known !== undefined) return known;
    open.add(id);
    const rank = Math.max(-1, ...(before.get(id) ?? []).filter((one) => !open.has(one)).map(rankOf)) + 1;
    open.delete(id);
    ranks.set(id, rank);
    return rank;
  };
  for (const { id } of boxes) rankOf(id);
  return ranks;
}
