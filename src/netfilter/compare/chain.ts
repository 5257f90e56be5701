/** The differences between two chains of the same name. */

import type { Rule } from '../rule.ts';
import type { Pair } from './align.ts';
import { align } from './align.ts';
import type { ChainPlace, Difference, PlacedRule } from './difference.ts';
import { pairMoved, pairSimilar } from './pair.ts';
import type { RuleKey } from './rule-key.ts';
import { asListed, keysOf, sameRule } from './rule-key.ts';
import { differingParts, partsOf } from './rule-parts.ts';

/** Rules of one gap between two rules that both chains have in the same place. */
interface Gap {
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/** The differences between two lists of rules in normal form, in the order in which the rules stand. */
export function compareRules(place: ChainPlace, left: readonly Rule[], right: readonly Rule[]): readonly Difference[] {
  const [leftKeys, rightKeys] = keysOf(left, right);
  if (isSameList(leftKeys, rightKeys)) return [];
  const gaps = gapsBetween(align(leftKeys, rightKeys), left.length, right.length);
  const [removed, added] = [gaps.flatMap((gap) => gap.left), gaps.flatMap((gap) => gap.right)];
  const moves = pairMoved(pick(leftKeys, removed), pick(rightKeys, added)).map(
    ([i, j]): Pair => [removed[i] as number, added[j] as number],
  );
  const movedTo = new Map(moves);
  const movedHere = new Set(moves.map(([, index]) => index));
  const listed = asListed([...left, ...right]);

  const listedParts = (rules: readonly Rule[], at: readonly number[]) => pick(rules, at).map((rule) => partsOf(listed(rule)));

  return gaps.flatMap((gap) => {
    const stayed = gap.left.filter((index) => !movedTo.has(index));
    const fresh = gap.right.filter((index) => !movedHere.has(index));
    const changes = pairSimilar(listedParts(left, stayed), listedParts(right, fresh)).map(
      ([i, j]): Pair => [stayed[i] as number, fresh[j] as number],
    );
    return inOrder(gap.left, fresh, changes).map((slot) => {
      const to = slot.right ?? movedTo.get(slot.left as number);
      if (slot.left === undefined) return { ...place, kind: 'extra', right: placed(right, slot.right) };
      const from = placed(left, slot.left);
      if (to === undefined) return { ...place, kind: 'missing', left: from };
      const there = placed(right, to);
      if (slot.right === undefined) return { ...place, kind: 'moved', left: from, right: there };
      return { ...place, kind: 'changed', left: from, right: there, parts: differingParts(listed(from.rule), listed(there.rule)) };
    });
  });
}

/** Whether two lists have the same rules in the same order. */
export function isSameList(left: readonly RuleKey[], right: readonly RuleKey[]): boolean {
  return left.length === right.length && left.every((key, index) => sameRule(key, right[index] as RuleKey));
}

function placed(rules: readonly Rule[], index: number): PlacedRule {
  return { rule: rules[index] as Rule, position: index + 1 };
}

function pick<V>(list: readonly V[], indexes: readonly number[]): readonly V[] {
  return indexes.map((index) => list[index] as V);
}

function gapsBetween(pairs: readonly Pair[], leftLength: number, rightLength: number): readonly Gap[] {
  const ends: readonly Pair[] = [...pairs, [leftLength, rightLength]];
  const starts: readonly Pair[] = [[-1, -1], ...pairs];
  return ends
    .map(([i, j], index): Gap => {
      const [before, beforeRight] = starts[index] as Pair;
      return { left: between(before, i), right: between(beforeRight, j) };
    })
    .filter((gap) => gap.left.length > 0 || gap.right.length > 0);
}

function between(before: number, after: number): readonly number[] {
  return Array.from({ length: after - before - 1 }, (_, index) => before + 1 + index);
}

/** A rule of the left, a rule of the right, or two that belong together. */
type Slot = { readonly left: number; readonly right: number | undefined } | { readonly left: undefined; readonly right: number };

/** The rules of a gap, the left ones first up to each pair that belongs together. */
function inOrder(left: readonly number[], right: readonly number[], pairs: readonly Pair[]): readonly Slot[] {
  const slots: Slot[] = [];
  let [atLeft, atRight] = [0, 0];
  for (const pair of [...pairs, [Infinity, Infinity] as const]) {
    for (let index = left[atLeft]; index !== undefined && index < pair[0]; index = left[++atLeft])
      slots.push({ left: index, right: undefined });
    for (let index = right[atRight]; index !== undefined && index < pair[1]; index = right[++atRight])
      slots.push({ left: undefined, right: index });
    if (pair[0] !== Infinity) slots.push({ left: pair[0], right: pair[1] });
    [atLeft, atRight] = [atLeft + 1, atRight + 1];
  }
  return slots;
}
