/** How near what a release makes of settings comes to the rules that are seen. */

import type { Difference } from '../../../netfilter/compare/difference.ts';
import { compareNormalForms, isSameNormalForm } from '../../../netfilter/compare.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { isUnread, sees } from '../../../netfilter/observation.ts';
import { printRule } from '../../../netfilter/print.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import type { Kind } from '../../releases/kinds.ts';
import type { Both } from '../ownership/parts.ts';
import { madeRules } from './made-rules.ts';
import { unusualness } from './plausibility.ts';
import type { Proposal } from './proposal.ts';

/** A proposal, and what a kind of release makes of it. */
export interface Rated {
  readonly kind: Kind;
  readonly proposal: Proposal;
  /** From what the releases make (left) to what is seen (right). */
  readonly differences: readonly Difference[];
  readonly nonDefault: number;
}

/** What a kind of release makes of a proposal, as far as the observation shows the tables. */
export function madeBy(kind: Kind, proposal: Proposal, observed: Observation): readonly Ruleset[] {
  return observedOf(madeRules(kind, proposal), observed);
}

function observedOf(made: Both, observed: Observation): readonly Ruleset[] {
  return FAMILIES.map((family) => ({ family, tables: made[family].tables.filter(({ name }) => sees(observed, family, name)) }));
}

/** From rules that were made (left) to what is seen (right), as far as that shows the tables; both in normal form. */
export function differencesFrom(made: Both, observed: Observation): readonly Difference[] {
  return differencesOf(observedOf(made, observed), observed);
}

function differencesOf(made: readonly Ruleset[], observed: Observation): readonly Difference[] {
  const differences = made.flatMap((ruleset) => compareNormalForms(ruleset, observed[ruleset.family]));
  return observed.unseen.length === 0 ? differences : differences.filter((place) => !isUnread(observed, place));
}

/** Whether what was made is what is seen. */
export function isSameAs(observed: Observation, made: readonly Ruleset[]): boolean {
  return made.every((ruleset) => isSameNormalForm(ruleset, observed[ruleset.family], (place) => !isUnread(observed, place)));
}

/** Compares what a kind of release makes of a proposal with what is seen. */
export function rate(observed: Observation, kind: Kind, proposal: Proposal): Rated {
  return {
    kind,
    proposal,
    differences: differencesOf(madeBy(kind, proposal, observed), observed),
    nonDefault: unusualness(proposal, kind.profile),
  };
}

/** Negative where the first is better: with fewer differences, then with fewer settings that no default pod has. */
export function byRating(a: Rated, b: Rated): number {
  return cost(a) - cost(b) || a.nonDefault - b.nonDefault;
}

/** A rule that was changed may as well be one that is missing and another one that should not be there. */
export function cost({ differences }: Pick<Rated, 'differences'>): number {
  return differences.length + differences.filter(({ kind }) => kind === 'changed').length;
}

/** The differences as a text: equal for the same differences. */
export function textOf({ differences }: Pick<Rated, 'differences'>): string {
  return differences
    .map((difference) => {
      const { family, table, chain, kind } = difference;
      const operands = [...('left' in difference ? [difference.left] : []), ...('right' in difference ? [difference.right] : [])];
      const texts = operands.map((operand) => (typeof operand === 'string' ? operand : `${operand.position} ${printRule(operand.rule)}`));
      return [family, table, chain, kind, ...texts].join('\t');
    })
    .join('\n');
}
