/** A rule as parts that can be set against another rule's: one for each kind of match, and the target. */

import { printMatch, printRule } from '../print.ts';
import { printTarget } from '../rule/target.ts';
import type { Rule } from '../rule.ts';
import type { DifferingPart } from './difference.ts';
import { hidesInterfaces, withoutInterfaces } from './rule-key.ts';

/** The printed matches of each kind, and the printed target. */
export interface RuleParts {
  readonly matches: ReadonlyMap<DifferingPart['part'], string>;
  readonly target: string;
}

/** The parts of a rule in normal form; a kind that is asked twice is one part. */
export function partsOf(rule: Rule): RuleParts {
  const matches = new Map<DifferingPart['part'], string>();
  for (const match of rule.matches) {
    if (match.kind === 'unknown') continue;
    const text = match.kind === 'opaque' ? match.text : printMatch(match);
    const before = matches.get(match.kind);
    matches.set(match.kind, before === undefined ? text : `${before} ${text}`);
  }
  // Words of nft are no target of iptables.
  return { matches, target: rule.text !== undefined && rule.target.kind === 'opaque' ? rule.target.text : printTarget(rule.target) };
}

/** The parts in which two rules differ, the target last; never empty for rules that are not the same. */
export function differingParts(left: Rule, right: Rule): readonly DifferingPart[] {
  const listed = hidesInterfaces(left) || hidesInterfaces(right) ? withoutInterfaces : (rule: Rule): Rule => rule;
  const [a, b] = [partsOf(listed(left)), partsOf(listed(right))];
  const parts: DifferingPart[] = [
    ...kindsOf(a, b).map((part) => ({ part, left: a.matches.get(part) ?? '', right: b.matches.get(part) ?? '' })),
    { part: 'target', left: a.target, right: b.target },
  ];
  const differing = parts.filter((part) => part.left !== part.right);
  return differing.length > 0 ? differing : [{ part: 'order', left: printRule(listed(left)), right: printRule(listed(right)) }];
}

/**
 * How much two rules look like one rule that was changed: 0 where they don't. They do where they have
 * the same target, or where more than half of the kinds of match that either has are equal.
 */
export function fingerprint(left: RuleParts, right: RuleParts): number {
  const kinds = kindsOf(left, right);
  const same = kinds.filter((kind) => left.matches.get(kind) === right.matches.get(kind)).length;
  // Two rules for every packet agree in all of their no matches.
  const share = kinds.length === 0 ? 1 : same / kinds.length;
  if (left.target === right.target) return 1 + share;
  return share > 0.5 ? share : 0;
}

function kindsOf(left: RuleParts, right: RuleParts): readonly DifferingPart['part'][] {
  return [...new Set([...left.matches.keys(), ...right.matches.keys()])];
}
