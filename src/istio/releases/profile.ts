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

const SPANS: ReadonlyMap<ChangeName, readonly (readonly [number, number])[]> = new Map(
  CHANGE_NAMES.map((name) => [name, readSpans(CHANGES[name].spans)]),
);

// Every pod of a cluster asks for its own, and there are only so many.
const PROFILES = new Map<Release, Profile>();

/** The profile of a known release. Throws a RangeError for one that is not known. */
export function profileOf(release: Release): Profile {
  const known = PROFILES.get(release);
  if (known !== undefined) return known;
  const at = position(release);
  const present = new Set(CHANGE_NAMES.filter((name) => SPANS.get(name)?.some(([first, last]) => first <= at && at <= last)));
  const profile: Profile = { release, has: (change) => present.has(change) };
  PROFILES.set(release, profile);
  return profile;
}
