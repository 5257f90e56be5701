/** Which rules of two lists stand in the same place: a longest common subsequence. */

import { diffArrays } from 'diff';
import type { RuleKey } from './rule-key.ts';
import { sameRule } from './rule-key.ts';

/** An index into the left list and one into the right. */
export type Pair = readonly [left: number, right: number];

// The work grows with the square of the edits: 1,000 take some 0.1 s. Five hundred rules that changed
// their order in one chain are no drift that a person would read rule by rule.
const MOST_EDITS = 1000;

/** The pairs of rules that are the same and in the same order on both sides, rising on both. */
export function align(left: readonly RuleKey[], right: readonly RuleKey[]): readonly Pair[] {
  // A rule that the other side does not have is in no common subsequence; without them, lists with little in common cost little.
  const [a, b] = [indexesShared(left, right), indexesShared(right, left)];
  const changes = changesBetween(pick(left, a), pick(right, b));
  if (changes === undefined) return inSamePosition(left, right);
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  for (const { added, removed, count } of changes) {
    if (!added && !removed) for (let k = 0; k < count; k += 1) pairs.push([a[i + k] as number, b[j + k] as number]);
    if (!added) i += count;
    if (!removed) j += count;
  }
  return pairs;
}

function changesBetween(left: readonly RuleKey[], right: readonly RuleKey[]) {
  const limit = { maxEditLength: MOST_EDITS };
  const hides = left.some((key) => key.hides) || right.some((key) => key.hides);
  if (hides) return diffArrays([...left], [...right], { ...limit, comparator: sameRule });
  return diffArrays(texts(left), texts(right), limit);
}

function texts(keys: readonly RuleKey[]): string[] {
  return keys.map((key) => key.text);
}

function indexesShared(keys: readonly RuleKey[], others: readonly RuleKey[]): readonly number[] {
  const shared = new Set(others.map((key) => key.open));
  return keys.flatMap((key, index) => (shared.has(key.open) ? [index] : []));
}

function pick(keys: readonly RuleKey[], indexes: readonly number[]): readonly RuleKey[] {
  return indexes.map((index) => keys[index] as RuleKey);
}

function inSamePosition(left: readonly RuleKey[], right: readonly RuleKey[]): readonly Pair[] {
  return left.flatMap((key, index): Pair[] => {
    const other = right[index];
    return other !== undefined && sameRule(key, other) ? [[index, index]] : [];
  });
}
