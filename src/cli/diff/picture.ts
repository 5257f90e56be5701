/** A diff as a drawing: the chains of tables that differ, with what came and what went. */

import type { Drawing, Mark } from '../../drawing/drawing.ts';
import { proxyPortsOf, USUAL_PORTS } from '../../istio/packets/verdict.ts';
import type { DrawnRule } from '../../istio/pictures/rules.ts';
import { drawTables } from '../../istio/pictures/rules.ts';
import { valuesOf } from '../../istio/settings/settings.ts';
import type { Row } from '../../netfilter/compare/script.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import type { ComparedChain, Comparison } from './comparison.ts';
import { differencesOf } from './comparison.ts';
import { reasonOf } from './words.ts';

export function drawDifference(comparison: Comparison): Drawing {
  const { left, right, tables } = comparison;
  const plan = right.plan ?? left.plan;
  const different = tables.filter(({ chains }) => chains.some(({ differences }) => differences.length > 0));
  const count = differencesOf(comparison).length;
  return drawTables(
    `${left.name} against ${right.name}`,
    count === 0
      ? 'No rule differs.'
      : `${count} differences: what only the first has is marked as removed, what only the second has as added.`,
    different.map(({ family, name, chains }) => ({
      title: `${name} (${FAMILY_NAMES[family]})`,
      name,
      chains: chains.map((chain) => ({ name: chain.chain, rules: chain.rows.map((row) => ruleOf(row, chain, comparison)) })),
    })),
    plan === undefined ? USUAL_PORTS : proxyPortsOf(valuesOf(plan.settings)),
  );
}

function ruleOf(row: Row, chain: ComparedChain, { left, right }: Comparison): DrawnRule {
  if (row.operand === 'both') return { rule: row.right.rule, place: `${right.positionOf(chain, row.right.position)}` };
  const { operand, at, difference } = row;
  const own = { left, right }[operand];
  const mark: Mark = difference.kind === 'moved' ? 'moved' : operand === 'left' ? 'removed' : 'added';
  const about = reasonOf(at.rule, own.plan);
  const sign = mark === 'moved' ? '~' : operand === 'left' ? '-' : '+';
  return { rule: at.rule, place: `${sign} ${own.positionOf(chain, at.position)}`, mark, ...(about !== undefined && { about }) };
}
