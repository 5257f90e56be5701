/** One chain that differs, as lines: the rules around each difference, and each difference in words. */

import { hidesInterfaces } from '../../netfilter/compare/rule-key.ts';
import type { Row } from '../../netfilter/compare/script.ts';
import { printRule } from '../../netfilter/print.ts';
import type { ComparedChain, Comparison } from './comparison.ts';
import { hunksOf } from './hunks.ts';
import { partText, reasonOf } from './words.ts';

export interface Line {
  /** Of both sides, of one, or in another place on each. */
  readonly mark: ' ' | '-' | '+' | '~';
  /** The place in the chain of each side that has it there. */
  readonly left?: number;
  readonly right?: number;
  readonly text: string;
  /** What there is to say of it. */
  readonly words: readonly string[];
}

/** Rules shown before and after each difference. */
const CONTEXT = 2;

/** The pieces of a chain that are shown; between two of them the sides are equal. */
export function piecesOf(chain: ComparedChain, comparison: Comparison): readonly (readonly Line[])[] {
  const { rows } = chain;
  const changed = [...rows.keys()].filter((index) => rows[index]?.operand !== 'both');
  const pieces = hunksOf(changed, rows.length, CONTEXT).map(({ start, end }) =>
    rows.slice(start, end).map((row) => lineOf(row, chain, comparison)),
  );
  const [first = [], ...others] = pieces;
  return [[...policyLines(chain), ...first], ...others];
}

function policyLines({ differences }: ComparedChain): readonly Line[] {
  return differences.flatMap((one): readonly Line[] =>
    one.kind === 'policy'
      ? [
          { mark: '-', text: `policy ${one.left}`, words: [] },
          { mark: '+', text: `policy ${one.right}`, words: [] },
        ]
      : [],
  );
}

function lineOf(row: Row, place: ComparedChain, { left, right }: Comparison): Line {
  if (row.operand === 'both') {
    // A listing without -v hides interfaces that the other side may show.
    const { rule } = hidesInterfaces(row.left.rule) ? row.right : row.left;
    const positions = { left: left.positionOf(place, row.left.position), right: right.positionOf(place, row.right.position) };
    return { mark: ' ', ...positions, text: printRule(rule), words: [] };
  }
  const { operand, at, difference } = row;
  const own = { left, right }[operand];
  const found = { [operand]: own.positionOf(place, at.position), text: printRule(at.rule) };
  const reason = reasonOf(at.rule, own.plan);
  const why = reason === undefined ? [] : [`why: ${reason}`];
  switch (difference.kind) {
    case 'missing':
      return { ...found, mark: '-', words: why };
    case 'extra':
      return { ...found, mark: '+', words: why };
    case 'changed': {
      if (operand === 'right') return { ...found, mark: '+', words: [`changed: ${difference.parts.map(partText).join(', ')}`, ...why] };
      // A reason that holds for both is given below the second.
      return { ...found, mark: '-', words: reasonOf(difference.right.rule, right.plan) === reason ? [] : why };
    }
    case 'moved': {
      if (operand === 'right')
        return { ...found, mark: '~', words: [`moved: from ${left.positionOf(place, difference.left.position)}`, ...why] };
      const to = `moved: to ${right.positionOf(place, difference.right.position)}`;
      return { ...found, mark: '~', words: reasonOf(difference.right.rule, right.plan) === reason ? [to] : [to, ...why] };
    }
    default:
      return difference satisfies never;
  }
}
