/** What changed between two releases, from the release table. */

import { ARGUMENT_CHANGES } from './argument-changes.ts';
import type { Change, Touches } from './change.ts';
import { KNOWN } from './every-release.ts';
import { INJECTION_CHANGES } from './injection-changes.ts';
import type { Release } from './known.ts';
import { position, readSpans } from './known.ts';
import type { ChangeName } from './named-changes.ts';
import { NATIVE_CHANGES } from './native-changes.ts';
import { RULE_CHANGES } from './rule-changes.ts';

/** What a change is in, and its rows of the release table: how settings become rules, how arguments become settings, what the injector passes, native nftables and the ambient mode. */
const TABLES = { rules: RULE_CHANGES, arguments: ARGUMENT_CHANGES, injection: INJECTION_CHANGES, native: NATIVE_CHANGES } as const;

export type ChangeGroup = keyof typeof TABLES;

export const CHANGE_GROUPS: readonly ChangeGroup[] = Object.keys(TABLES) as ChangeGroup[];

/** Releases without a gap, both ends included. */
export interface ReleaseSpan {
  readonly first: Release;
  readonly last: Release;
}

/** One change between an older and a newer release. */
export interface ReleaseChange {
  readonly name: ChangeName;
  /** Whether it came or went, seen from the older release. */
  readonly state: 'came' | 'went';
  /** Whether the newer release is so as well; otherwise only releases between the two are. */
  readonly lasting: boolean;
  /** Where it is so, up to the newer release: several where it is in some patches of one minor and not in the first of the next. */
  readonly releases: readonly ReleaseSpan[];
  readonly touches: Touches;
  /** What holds in these releases, as a sentence. */
  readonly what: string;
  /** Istio's commits; empty where they are not known here. */
  readonly commits: readonly string[];
}

export interface ReleaseChanges extends Readonly<Record<ChangeGroup, readonly ReleaseChange[]>> {
  readonly from: Release;
  readonly to: Release;
  /** `from` is the newer one: the changes are told from the older to the newer, and going from `from` to `to` undoes them. */
  readonly downgrade: boolean;
}

/** What changed between two releases, in either order. Throws a RangeError for one that is not known. */
export function changesBetween(from: Release, to: Release): ReleaseChanges {
  const [older, newer] = [position(from), position(to)].sort((a, b) => a - b) as [number, number];
  const inGroup = (group: ChangeGroup): readonly ReleaseChange[] =>
    Object.entries<Change>(TABLES[group])
      .flatMap(([name, change]) => changeBetween(name as ChangeName, change, older, newer))
      .sort((a, b) => position(a.releases[0]?.first ?? from) - position(b.releases[0]?.first ?? from));
  return {
    from,
    to,
    downgrade: position(to) < position(from),
    rules: inGroup('rules'),
    arguments: inGroup('arguments'),
    injection: inGroup('injection'),
    native: inGroup('native'),
  };
}

/** The changes that the newer release still shows. */
export function lastingChanges(changes: readonly ReleaseChange[]): readonly ReleaseChange[] {
  return changes.filter(({ lasting }) => lasting);
}

/** The releases between these spans, which are not so though an earlier one is. */
export function gapsIn(spans: readonly ReleaseSpan[]): readonly ReleaseSpan[] {
  return spans.slice(1).map(({ first }, index) => ({
    first: KNOWN[position(spans[index]?.last ?? first) + 1] as Release,
    last: KNOWN[position(first) - 1] as Release,
  }));
}

function changeBetween(name: ChangeName, change: Change, older: number, newer: number): readonly ReleaseChange[] {
  const spans = readSpans(change.spans);
  const has = (at: number): boolean => spans.some(([first, last]) => first <= at && at <= last);
  const came = !has(older);
  const releases: ReleaseSpan[] = [];
  for (let at = older + 1; at <= newer; at += 1) {
    if (has(at) !== came) continue;
    const first = at;
    while (at < newer && has(at + 1) === came) at += 1;
    releases.push({ first: KNOWN[first] as Release, last: KNOWN[at] as Release });
  }
  if (releases.length === 0) return [];
  const lasting = has(newer) === came;
  return [{ name, state: came ? 'came' : 'went', lasting, releases, touches: change.touches, ...wording(change, came) }];
}

function wording(change: Change, came: boolean): Pick<ReleaseChange, 'what' | 'commits'> {
  if (came) return { what: change.what, commits: change.commits };
  if ('gone' in change) return change.gone;
  // Newer releases have it: the fix is in a patch of the minor before.
  return { what: `Lacks this: ${change.what}`, commits: [] };
}
