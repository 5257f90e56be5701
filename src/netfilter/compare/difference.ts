/** One difference between two rulesets, as plain data. "Left" is the first ruleset that was given, "right" the second. */

import type { Family } from '../family.ts';
import type { MatchKind } from '../rule/match.ts';
import type { Policy, Rule } from '../rule.ts';

/** Where a chain is. */
export interface ChainPlace {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
}

/** A rule in normal form and its place in its chain; the first rule has position 1. */
export interface PlacedRule {
  readonly rule: Rule;
  readonly position: number;
}

/** One part in which two rules differ, as iptables-save prints it; empty where a side does not have it. */
export interface DifferingPart {
  /** `order` where both rules ask the same, but their modules stand in another order: the kernel keeps it. */
  readonly part: MatchKind | 'opaque' | 'target' | 'order';
  readonly left: string;
  readonly right: string;
}

/** What can be different about one rule. */
export type RuleDifference =
  /** A rule of the left that the right does not have. */
  | { readonly kind: 'missing'; readonly left: PlacedRule }
  /** A rule of the right that the left does not have. */
  | { readonly kind: 'extra'; readonly right: PlacedRule }
  /** The right has another rule in its place, much like it; `parts` is never empty. */
  | { readonly kind: 'changed'; readonly left: PlacedRule; readonly right: PlacedRule; readonly parts: readonly DifferingPart[] }
  /** The same rule stands before or after others than it did. */
  | { readonly kind: 'moved'; readonly left: PlacedRule; readonly right: PlacedRule };

/** What can be different about a chain as a whole. */
export type ChainDifference =
  | { readonly kind: 'policy'; readonly left: Policy; readonly right: Policy }
  /** A user chain of the left that the right does not have; each of its rules follows as `missing`. */
  | { readonly kind: 'missing-chain' }
  /** A user chain of the right that the left does not have; each of its rules follows as `extra`. */
  | { readonly kind: 'extra-chain' };

export type Difference = ChainPlace & (ChainDifference | RuleDifference);
