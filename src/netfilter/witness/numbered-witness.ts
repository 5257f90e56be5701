/**
 * What iptables-legacy-save printed, compared with the rule that each chain has by number: a name may hold lines that
 * look like rules, so a text can show more rules of a chain than there are, and never fewer.
 */

import type { Family } from '../family.ts';
import { printRule } from '../print.ts';
import { readRules } from '../read.ts';
import type { Ruleset } from '../rule.ts';
import type { Unseen } from '../unseen.ts';
import { linesIn } from '../unseen.ts';

/** The last rule of a chain, as the text has it: a chain that has fewer has none of this number. */
export interface LastRule {
  readonly table: string;
  readonly chain: string;
  /** From 1 on. */
  readonly number: number;
  /** Undefined where a line of the chain could not be read: then only the number counts. */
  readonly text?: string;
}

/** The last rule of each chain that has rules. */
export function lastRules({ family, tables }: Ruleset, unread: readonly Unseen[]): readonly LastRule[] {
  return tables.flatMap(({ name: table, chains }) =>
    chains.flatMap(({ name: chain, rules }): readonly LastRule[] => {
      const lost = linesIn(unread.filter((one) => one.family === family && one.table === table && one.chain === chain));
      const [last] = rules.slice(-1);
      if (last === undefined && lost === 0) return [];
      return [{ table, chain, number: rules.length + lost, ...(lost === 0 && last !== undefined && { text: printRule(last) }) }];
    }),
  );
}

/** Whether what `iptables-legacy -S CHAIN NUMBER` printed is that rule. */
export function isThatRule({ table, chain, text }: LastRule, printed: string, family: Family): boolean {
  if (text === undefined) return printed.trim() !== '';
  const chains = readRules(printed, { family, table }).rulesets.flatMap(({ tables }) => tables.flatMap((read) => read.chains));
  const rules = chains.flatMap((read) => (read.name === chain ? read.rules : []));
  return (
    chains.every(({ name, rules: own }) => name === chain || own.length === 0) && rules.length === 1 && rules.map(printRule)[0] === text
  );
}

/** The chain is not read: the text has another last rule, or more rules. */
export function disputedChain(family: Family, { table, chain, number }: LastRule): Unseen {
  const reason = `iptables-legacy-save prints ${number} rule${number === 1 ? '' : 's'} in it, and iptables-legacy -S shows another one as the last, or none: a name or a comment may look like rules`;
  return { family, table, chain, reason };
}
