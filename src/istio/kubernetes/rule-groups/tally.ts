/** How many workloads, and whose: counted so that the room it takes does not grow with their number. */

import type { Origin } from '../../origin.ts';
import type { Release } from '../../releases/known.ts';

/** One that is counted. */
export interface Member {
  /** Whose it is, as `Deployment shop/cart`. */
  readonly owner: string;
  readonly source: Origin;
  readonly release?: Release;
  /** How many it stands for; one without. */
  readonly count?: number;
  /** What tells it from others of its group: the image, where that is why nothing more is known. */
  readonly detail?: string;
}

/** Members of one owner. */
export interface Example {
  readonly name: string;
  /** Where the first of them stands. */
  readonly source: Origin;
  readonly count: number;
}

export interface Tally {
  readonly count: number;
  /** The largest owners, five at most. */
  readonly examples: readonly Example[];
  /** All owners, in their order; at most `MOST_OWNERS`. */
  readonly names: readonly string[];
  /** How many owners there are; from `MOST_OWNERS` on there may be more. */
  readonly owners: number;
  /** How many of the members are of each release, the most frequent first. */
  readonly releases: ReadonlyMap<Release, number>;
  /** Ten at most. */
  readonly details: readonly string[];
}

/** More owners are not told apart. */
export const MOST_OWNERS = 500;
const EXAMPLES = 5;
const MOST_DETAILS = 10;

export interface Counting {
  readonly add: (member: Member) => void;
  readonly tally: () => Tally;
}

/** Counts members one after another, and keeps none of them. */
export function counting(): Counting {
  const owners = new Map<string, { readonly source: Origin; count: number }>();
  const releases = new Map<Release, number>();
  const details = new Set<string>();
  let count = 0;
  return {
    add: ({ owner: name, source, release, detail, count: times = 1 }) => {
      count += times;
      if (release !== undefined) releases.set(release, (releases.get(release) ?? 0) + times);
      if (detail !== undefined && details.size < MOST_DETAILS) details.add(detail);
      const owner = owners.get(name);
      if (owner !== undefined) owner.count += times;
      else if (owners.size < MOST_OWNERS) owners.set(name, { source, count: times });
    },
    tally: () => ({
      count,
      owners: owners.size,
      names: [...owners.keys()],
      examples: [...owners]
        .map(([name, { source, count: own }]) => ({ name, source, count: own }))
        .sort(byCount)
        .slice(0, EXAMPLES),
      releases: new Map([...releases].sort(([, a], [, b]) => b - a)),
      details: [...details],
    }),
  };
}

/** The most first; what is equal stays in its order. */
export function byCount(a: { readonly count: number }, b: { readonly count: number }): number {
  return b.count - a.count;
}
