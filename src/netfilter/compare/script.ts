/** Two chains side by side: every rule of either, in an order that turns the left chain into the right one. */

import type { Rule } from '../rule.ts';
import type { ChainPlace, Difference, PlacedRule, RuleDifference } from './difference.ts';

/**
 * A rule that both have in the same place, or a rule of one side with what is different about it. A rule
 * that was changed or moved has two rows, one for each side.
 */
export type Row =
  | { readonly operand: 'both'; readonly left: PlacedRule; readonly right: PlacedRule }
  | { readonly operand: 'left' | 'right'; readonly at: PlacedRule; readonly difference: RuleDifference };

/**
 * The rows of two chains with the differences that were found between them; the rows of each side stand in that side's order.
 * Of the differences that are left open there are no rows.
 */
export function rowsOf(
  left: readonly Rule[],
  right: readonly Rule[],
  found: readonly Difference[],
  open: readonly Difference[] = [],
): readonly Row[] {
  const differences = [...found, ...open].filter(isOfRule);
  const inLeft = new Map(differences.flatMap((one) => (one.kind === 'extra' ? [] : [[one.left.position, one] as const])));
  const inRight = new Map(differences.flatMap((one) => (one.kind === 'missing' ? [] : [[one.right.position, one] as const])));
  const rows: Row[] = [];
  let [i, j] = [1, 1];
  const rightBefore = (end: number): void => {
    for (let difference = inRight.get(j); difference !== undefined && j < end; difference = inRight.get(++j))
      rows.push({ operand: 'right', at: placed(right, j), difference });
  };
  for (;;) {
    for (let difference = inLeft.get(i); difference !== undefined; difference = inLeft.get(++i)) {
      if (difference.kind === 'changed') rightBefore(difference.right.position);
      rows.push({ operand: 'left', at: placed(left, i), difference });
      if (difference.kind === 'changed') rightBefore(difference.right.position + 1);
    }
    rightBefore(Infinity);
    if (i > left.length || j > right.length)
      return open.length === 0 ? rows : rows.filter((row) => row.operand === 'both' || !isIn(open, row));
    rows.push({ operand: 'both', left: placed(left, i++), right: placed(right, j++) });
  }
}

function isIn(open: readonly Difference[], row: Exclude<Row, { readonly operand: 'both' }>): boolean {
  return open.some((one) => one === row.difference);
}

function isOfRule(difference: Difference): difference is ChainPlace & RuleDifference {
  return !['policy', 'missing-chain', 'extra-chain'].includes(difference.kind);
}

function placed(rules: readonly Rule[], position: number): PlacedRule {
  return { rule: rules[position - 1] as Rule, position };
}
