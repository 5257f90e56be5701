/** The rules of a plan, or found ones, as a drawing. */

import type { Drawing } from '../../drawing/drawing.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import type { Rule, Ruleset } from '../../netfilter/rule.ts';
import type { ProxyPorts } from '../packets/verdict.ts';
import { USUAL_PORTS } from '../packets/verdict.ts';
import { drawTables } from './rules.ts';

export interface DrawnView {
  readonly rules: Readonly<Record<Family, Ruleset>>;
  readonly ports?: ProxyPorts;
  /** Why a rule is there, as lines. */
  readonly why: (rule: Rule) => readonly string[];
}

/** The chains of each table that has rules. */
export function drawRules({ rules, ports = USUAL_PORTS, why }: DrawnView, families: readonly Family[], name: string): Drawing {
  const tables = families.flatMap((family) =>
    rules[family].tables.map((table) => ({
      title: `${table.name} (${FAMILY_NAMES[family]})`,
      name: table.name,
      chains: table.chains.map((chain) => ({
        name: chain.name,
        rules: chain.rules.map((rule, index) => {
          const about = why(rule).join('\n').replace(/^# /gm, '');
          return { rule, place: `${index + 1}`, ...(about !== '' && { about }) };
        }),
      })),
    })),
  );
  return drawTables(name, 'The chains of each table, from the hooks on the left to who gets the packets on the right.', tables, ports);
}
