/** Rules in words of a listing are refused wherever iptables is to read them: it takes none of them, and without them it would be another rule. */

import type { Problem } from '../../istio/problems.ts';
import { ProblemError, problem } from '../../istio/problems.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Rule, Ruleset } from '../../netfilter/rule.ts';

/** Throws a ProblemError that names each such rule. */
export function refuseListedWords(name: string, rules: Readonly<Record<Family, Ruleset>>, families: readonly Family[]): void {
  const problems = families.flatMap((family) => rules[family].tables.flatMap((table) => inTable(name, family, table)));
  if (problems.length > 0) throw new ProblemError(problems);
}

function inTable(file: string, family: Family, { name, chains }: Ruleset['tables'][number]): readonly Problem[] {
  return chains.flatMap((chain) =>
    chain.rules.flatMap((rule, index) => {
      if (!isListed(rule)) return [];
      const reason = `rule ${index + 1} of ${FAMILY_NAMES[family]} ${name} ${chain.name} has words of a listing that stand for no known option: ${printRule(rule)}; iptables-save shows its options, and -o list or json shows it as it is`;
      return [
        { ...problem('rules-text', { kind: 'file', file, line: rule.line ?? 1, column: 1 }, { reason }), severity: 'error' as const },
      ];
    }),
  );
}

function isListed({ matches, target }: Rule): boolean {
  return (target.kind === 'opaque' && target.listed === true) || matches.some((match) => match.kind === 'opaque' && match.listed === true);
}
