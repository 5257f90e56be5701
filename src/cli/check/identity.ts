/** Whose rules these are, in a line or two. */

import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import { rulesIn } from '../../netfilter/rule.ts';
import type { Report } from './report.ts';

/** How many rules of each family there are, of whoever, and where they live. */
export function amountText({ ruleSource }: Pick<Report, 'ruleSource'>): string {
  const counts = FAMILIES.map((family) => {
    const rules = ruleSource === undefined ? [] : rulesIn(ruleSource.seen[family]);
    return `${rules.length} ${FAMILY_NAMES[family]}`;
  });
  const homes = [...new Set((ruleSource?.places ?? []).map(({ backend }) => backend))].join(' and ');
  return `${counts.join(' and ')} rules${homes === '' ? '' : ` in ${homes}`}`;
}
