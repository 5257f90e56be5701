/** What a check could not see, in sentences. */

import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import type { Unseen } from '../../netfilter/observation.ts';
import { sees } from '../../netfilter/observation.ts';
import { TABLES } from '../../netfilter/rule.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { notComparedText } from './words.ts';

// The tables in which releases make rules.
const LOOKED_FOR = TABLES.filter((table) => table !== 'security');

/** The families and tables that were not shown, what could not be read, and what a text never shows. */
export function unseenOf({ seen, facts, plan, routing }: RuleSource, unlisted: readonly Unseen[], { kind }: SourceName): readonly string[] {
  const tables = FAMILIES.flatMap((family): readonly string[] => {
    const missing = LOOKED_FOR.filter((table) => !sees(seen, family, table) && !seen.unseen.some((one) => one.family === family));
    if (missing.length === 0) return [];
    const of = FAMILY_NAMES[family];
    return [missing.length === LOOKED_FOR.length ? `${of}: nothing of it is shown` : `${of} ${missing.join(', ')}: not shown`];
  });
  const beyond =
    kind === 'file' && facts === undefined && plan === undefined
      ? [`${routing === undefined ? 'policy routing and addresses' : 'addresses'}, which no listing of rules shows`]
      : [];
  return [...tables, ...[...seen.unseen, ...unlisted].map((one) => notComparedText(one)), ...beyond];
}
