/** Where a rule stands. */

import type { Rule } from '../rule.ts';

export interface RulePlace {
  readonly table: string;
  readonly chain: string;
  /** 1-based, as iptables counts. */
  readonly position: number;
  /** The very rule of the ruleset: its id, reason and line are there. */
  readonly rule: Rule;
}
