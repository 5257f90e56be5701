/** The rules in what a save printed, whatever stands in it. */

import type { Family } from '../../netfilter/family.ts';
import { readProblemText } from '../../netfilter/read/problems.ts';
import { unseenIn } from '../../netfilter/read/unread.ts';
import type { EarlierLines } from '../../netfilter/read.ts';
import { readRules } from '../../netfilter/read.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';

/** One family's rules as a save shows them. */
export interface FamilyRules {
  readonly ruleset: Ruleset;
  readonly text: string;
  readonly warnings: readonly string[];
  readonly unseen: readonly Unseen[];
}

/** Reads what a program printed for one family. */
export function readAnySave(text: string, program: string, family: Family, earlier: EarlierLines | undefined): FamilyRules {
  const { rulesets, problems, unread } = readRules(text, { family }, earlier);
  const ruleset = rulesets.find((read) => read.family === family) ?? { family, tables: [] };
  const unreadLines = problems.filter(
    ({ code, severity }) => severity === 'warning' && code !== 'legacy-tables-present' && code !== 'empty-text',
  );
  const lines = unreadLines.map((problem) => `${program}, line ${problem.line}: ${readProblemText(problem)}`);
  return {
    ruleset,
    text,
    // What only nft or legacy shows is listed by them.
    unseen: unseenIn({
      problems: problems.filter(({ code }) => code !== 'legacy-tables-present' && code !== 'incompatible-table'),
      unread,
    }),
    warnings:
      lines.length <= MOST_WARNINGS ? lines : [...lines.slice(0, MOST_WARNINGS), `${program}: ${lines.length - MOST_WARNINGS} more lines`],
  };
}

// One line of a kind says it; a log is no place for thousands.
const MOST_WARNINGS = 5;
