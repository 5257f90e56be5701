/** Drift in words: what should be there and is not, and what is there and should not. */

import type { Difference } from '../../netfilter/compare/difference.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Comparison } from '../diff/comparison.ts';
import { differencesOf } from '../diff/comparison.ts';
import type { Drift } from './report.ts';

/** One difference on a line, and what there is to say of it: why a rule that is missing should be there, or what one should be. */
export interface DriftLine {
  readonly what: 'missing' | 'changed' | 'moved' | 'policy' | 'extra';
  readonly text: string;
  readonly more?: string;
}

interface Words {
  readonly what: DriftLine['what'];
  readonly one: string;
  readonly many: string;
}

// What is there is on the left, so that what a diff calls missing (on the right) is too much here. What lets traffic
// past the proxy goes first.
const WORDS: Readonly<Record<Difference['kind'], Words>> = {
  extra: { what: 'missing', one: 'rule missing', many: 'rules missing' },
  changed: { what: 'changed', one: 'rule changed', many: 'rules changed' },
  moved: { what: 'moved', one: 'rule moved', many: 'rules moved' },
  policy: { what: 'policy', one: 'policy changed', many: 'policies changed' },
  'extra-chain': { what: 'missing', one: 'chain missing', many: 'chains missing' },
  missing: { what: 'extra', one: 'rule extra', many: 'rules extra' },
  'missing-chain': { what: 'extra', one: 'chain extra', many: 'chains extra' },
};

const ORDER = Object.keys(WORDS) as readonly Difference['kind'][];

/** `1 rule missing, 2 rules extra`; empty where nothing differs. */
export function driftCounts(comparison: Comparison): string {
  const kinds = differencesOf(comparison).map(({ kind }) => kind);
  return ORDER.flatMap((kind) => {
    const count = kinds.filter((one) => one === kind).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? WORDS[kind].one : WORDS[kind].many}`];
  }).join(', ');
}

/** The differences in the order in which a person wants to know them. */
export function driftLines({ comparison }: Drift): readonly DriftLine[] {
  const { left, right } = comparison;
  const differences = differencesOf(comparison).toSorted((a, b) => ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind));
  return differences.map((difference): DriftLine => {
    const place = `${FAMILY_NAMES[difference.family]} ${difference.table} ${difference.chain}`;
    const { what } = WORDS[difference.kind];
    switch (difference.kind) {
      case 'extra': {
        const { rule, position } = difference.right;
        const more = rule.because?.text;
        const text = `${place} ${right.positionOf(difference, position)}: ${printRule(rule)}`;
        return { what, text, ...(more === undefined ? {} : { more }) };
      }
      case 'missing':
        return { what, text: `${place} ${left.positionOf(difference, difference.left.position)}: ${printRule(difference.left.rule)}` };
      case 'moved': {
        const should = right.positionOf(difference, difference.right.position);
        const { rule, position } = difference.left;
        return { what, text: `${place} ${left.positionOf(difference, position)}, should be ${should}: ${printRule(rule)}` };
      }
      case 'changed': {
        const { rule, position } = difference.left;
        const text = `${place} ${left.positionOf(difference, position)}: ${printRule(rule)}`;
        return { what, text, more: `should be ${printRule(difference.right.rule)}` };
      }
      case 'policy':
        return { what, text: `${place}: ${difference.left}, should be ${difference.right}` };
      case 'missing-chain':
      case 'extra-chain':
        return { what, text: `${place}, the whole chain` };
      default:
        return difference satisfies never;
    }
  });
}
