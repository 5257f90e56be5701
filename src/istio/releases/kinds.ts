/** Releases that do the same, as far as some changes go: one of them stands for all. */

import { RELEASES } from './every-release.ts';
import type { Release } from './known.ts';
import type { ChangeName } from './named-changes.ts';
import type { Profile } from './profile.ts';
import { profileOf } from './profile.ts';
import { NATIVE_CHANGE_NAMES, RULE_CHANGE_NAMES, SPANS } from './spans.ts';

/** All releases that have the same of some changes. */
export interface Kind {
  /** Of the oldest of them. */
  readonly profile: Profile;
  /** Oldest first. */
  readonly releases: readonly Release[];
}

// Of what changed in arguments, the builders of rules ask for this one: before the flag came, all DNS was that to the servers.
const USED_BY_RULES: readonly ChangeName[] = [...RULE_CHANGE_NAMES, 'captureAllDnsFlag'];

let byRules: readonly Kind[] | undefined;
let byAll: readonly Kind[] | undefined;
let byAmbient: readonly Kind[] | undefined;

/** The kinds of release that make different rules of some settings; oldest first. */
export function ruleKinds(): readonly Kind[] {
  byRules ??= kindsBy(USED_BY_RULES);
  return byRules;
}

/** The kinds of release whose node agent makes different rules for ambient pods; oldest first. */
export function ambientKinds(): readonly Kind[] {
  byAmbient ??= kindsBy(NATIVE_CHANGE_NAMES).filter(({ profile }) => profile.has('ambientInPod'));
  return byAmbient;
}

/** The kinds of release that differ in anything: rules, arguments, injection; oldest first. */
export function allKinds(): readonly Kind[] {
  byAll ??= kindsBy(Object.keys(SPANS) as ChangeName[]);
  return byAll;
}

/** Nothing changes but where a span begins or has ended, so that one release of each stretch between is looked at. */
function kindsBy(names: readonly ChangeName[]): readonly Kind[] {
  // Of a span's ends the first is at an even place, and the last, behind which a new stretch begins, at an odd one.
  const starts = [...new Set([0, ...names.flatMap((name) => SPANS[name].map((end, index) => end + (index % 2)))])].sort((a, b) => a - b);
  const kinds = new Map<string, { readonly profile: Profile; readonly releases: Release[] }>();
  starts.forEach((start, index) => {
    const first = RELEASES[start];
    if (first === undefined) return;
    const profile = profileOf(first);
    const key = names.filter(profile.has).join();
    const kind = kinds.get(key) ?? { profile, releases: [] };
    kinds.set(key, kind);
    kind.releases.push(...RELEASES.slice(start, starts[index + 1]));
  });
  return [...kinds.values()];
}
