/** What one release does: the named changes that it has. */

import { ARGUMENT_CHANGES } from './argument-changes.ts';
import type { Change } from './change.ts';
import { INJECTION_CHANGES } from './injection-changes.ts';
import type { Release } from './known.ts';
import { position, readSpans } from './known.ts';
import { NATIVE_CHANGES } from './native-changes.ts';
import { POD_CHANGES } from './pod-changes.ts';
import { RULE_CHANGES } from './rule-changes.ts';

/** The one table of named changes. */
export const CHANGES = {
  ...RULE_CHANGES,
  ...ARGUMENT_CHANGES,
  ...INJECTION_CHANGES,
  ...POD_CHANGES,
  ...NATIVE_CHANGES,
} as const satisfies Record<string, Change>;

export type ChangeName = keyof typeof CHANGES;

export const CHANGE_NAMES: readonly ChangeName[] = Object.keys(CHANGES) as ChangeName[];

/** A release, seen as the changes that it has. */
export interface Profile {
  readonly release: Release;
  readonly has: (change: ChangeName) => boolean;
}

// Read where somebody asks: a run of an init container asks for a third of them.
const SPANS = new Map<ChangeName, readonly (readonly [number, number])[]>();

function spansOf(name: ChangeName): readonly (readonly [number, number])[] {
  const known = SPANS.get(name);
  if (known !== undefined) return known;
  const spans = readSpans(CHANGES[name].spans);
  SPANS.set(name, spans);
  return spans;
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
    const answer = spansOf(change).some(([first, last]) => first <= at && at <= last);
    answers.set(change, answer);
    return answer;
  };
}
