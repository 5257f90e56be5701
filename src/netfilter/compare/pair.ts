/** Which rules without a place on the other side belong together all the same: moved ones, and changed ones. */

import { grouped } from '../grouped.ts';
import type { Pair } from './align.ts';
import type { RuleKey } from './rule-key.ts';
import { sameRule } from './rule-key.ts';
import type { RuleParts } from './rule-parts.ts';
import { fingerprint } from './rule-parts.ts';

/** Pairs of the same rule in any order, the first of equal ones with the first. */
export function pairMoved(left: readonly RuleKey[], right: readonly RuleKey[]): readonly Pair[] {
  const waiting = grouped(right.keys(), (index) => (right[index] as RuleKey).open);
  return left.flatMap((key, index): Pair[] => {
    const list = waiting.get(key.open) ?? [];
    const at = list.findIndex((other) => sameRule(key, right[other] as RuleKey));
    return at === -1 ? [] : list.splice(at, 1).map((other): Pair => [index, other]);
  });
}

// 200 rules against 200: some 50 ms. Larger gaps are lined up from their start.
const MOST_CELLS = 40_000;

/** Pairs of rules that are alike, rising on both sides, with the most likeness in all. */
export function pairSimilar(left: readonly RuleParts[], right: readonly RuleParts[]): readonly Pair[] {
  if (left.length * right.length > MOST_CELLS) return linedUp(left, right);
  const scores = left.map((one) => right.map((other) => fingerprint(one, other)));
  const best = bestSums(scores, right.length);
  const at = (i: number, j: number): number => best[i]?.[j] ?? 0;
  const pairs: Pair[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    const score = scores[i]?.[j] ?? 0;
    if (score > 0 && at(i, j) === score + at(i + 1, j + 1)) pairs.push([i++, j++]);
    else if (at(i, j) === at(i + 1, j)) i += 1;
    else j += 1;
  }
  return pairs;
}

/** For each place in both lists the most likeness that the rest can have. */
function bestSums(scores: readonly (readonly number[])[], width: number): readonly (readonly number[])[] {
  const sums: number[][] = scores.map(() => []);
  for (let i = scores.length - 1; i >= 0; i -= 1) {
    const [row, below, score] = [sums[i] as number[], sums[i + 1] ?? [], scores[i] as readonly number[]];
    for (let j = width - 1; j >= 0; j -= 1) {
      const together = (score[j] as number) > 0 ? (score[j] as number) + (below[j + 1] ?? 0) : 0;
      row[j] = Math.max(together, below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return sums;
}

function linedUp(left: readonly RuleParts[], right: readonly RuleParts[]): readonly Pair[] {
  return left.flatMap((one, index): Pair[] => {
    const other = right[index];
    return other !== undefined && fingerprint(one, other) > 0 ? [[index, index]] : [];
  });
}
