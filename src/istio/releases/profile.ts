/** What one release does: the named changes that it has. */

import type { Release } from './known.ts';
import { position } from './known.ts';
import type { ChangeName } from './named-changes.ts';
import { SPANS } from './spans.ts';

export type { ChangeName } from './named-changes.ts';

/** A release, seen as the changes that it has. */
export interface Profile {
  readonly release: Release;
  readonly has: (change: ChangeName) => boolean;
}

// Every pod of a cluster asks for its own, and there are only so many.
const PROFILES = new Map<Release, Profile>();

/** The profile of a known release. Throws a RangeError for one that is not known. */
export function profileOf(release: Release): Profile {
  const known = PROFILES.get(release);
  if (known !== undefined) return known;
  const profile: Profile = { release, has: hasAt(position(release)) };
  PROFILES.set(release, profile);
  return profile;
}

function hasAt(at: number): Profile['has'] {
  const answers = new Map<ChangeName, boolean>();
  return (change) => {
    const known = answers.get(change);
    if (known !== undefined) return known;
    const answer = holds(SPANS[change], at);
    answers.set(change, answer);
    return answer;
  };
}

function holds(ends: readonly number[], at: number): boolean {
  for (let index = 0; index < ends.length; index += 2) if ((ends[index] ?? 0) <= at && at <= (ends[index + 1] ?? 0)) return true;
  return false;
}
