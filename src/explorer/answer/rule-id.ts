import type { Family } from '../../netfilter/family.ts';
import type { RulePlace } from '../../netfilter/trace/result.ts';

/** What a rule is called in an answer: `ip nat ISTIO_OUTPUT 9`. */
export function ruleId(family: Family, { table, chain, position }: Pick<RulePlace, 'table' | 'chain' | 'position'>): string {
  return `${family} ${table} ${chain} ${position}`;
}
