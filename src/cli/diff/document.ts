/** A diff as data with a stable shape: `-o json`, described in docs/diff.md. */

import { API_VERSION } from '../../istio/api-version.ts';
import type { ForeignCount } from '../../istio/found/foreign.ts';
import type { RoutingDifference } from '../../istio/found/routing-differences.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { problemDocument } from '../../istio/plan/plan-document.ts';
import type { Difference, PlacedRule } from '../../netfilter/compare/difference.ts';
import type { NotCompared } from '../../netfilter/observation.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Rule } from '../../netfilter/rule.ts';
import type { ComparedOperand, Comparison } from './comparison.ts';
import { differencesOf, isSame } from './comparison.ts';
import { causesOf } from './words.ts';

/** The document of a comparison. Within one apiVersion keys are added, never renamed or removed. */
export function differenceDocument(comparison: Comparison): object {
  const { left, right, routing, notCompared } = comparison;
  return {
    apiVersion: API_VERSION,
    kind: 'Difference',
    same: isSame(comparison),
    left: operandDocument(left),
    right: operandDocument(right),
    differences: differencesOf(comparison).map((one) => ruleDocument(one, left, right)),
    routing: routing.map((one) => routingDocument(one, (one.kind === 'missing' ? left : right).plan)),
    notCompared: notCompared.map(notComparedDocument),
    leftOut: { left: left.foreign.map(foreignDocument), right: right.foreign.map(foreignDocument) },
  };
}

/** A side: what it is, and what there is to say of it. */
export function operandDocument({ name, plan, problems, places, inferred }: ComparedOperand): object {
  return {
    name,
    ...(plan === undefined ? {} : { release: plan.release }),
    ...(inferred === undefined ? {} : { inferred }),
    ...(places === undefined ? {} : { places }),
    problems: problems.map(problemDocument),
  };
}

function ruleDocument(difference: Difference, left: ComparedOperand, right: ComparedOperand): object {
  const { kind, family, table, chain } = difference;
  const place = { kind, family, table, chain };
  const at = (operand: ComparedOperand, { rule, position }: PlacedRule): object => ({
    position: operand.positionOf(place, position),
    text: printRule(rule),
    ...(rule.line === undefined ? {} : { line: rule.line }),
    ...(rule.id === undefined ? {} : { id: rule.id }),
    ...becauseOf(rule, operand.plan),
  });
  switch (difference.kind) {
    case 'missing':
      return { ...place, left: at(left, difference.left) };
    case 'extra':
      return { ...place, right: at(right, difference.right) };
    case 'moved':
      return { ...place, left: at(left, difference.left), right: at(right, difference.right) };
    case 'changed':
      return { ...place, left: at(left, difference.left), right: at(right, difference.right), parts: difference.parts };
    case 'policy':
      return { ...place, left: { policy: difference.left }, right: { policy: difference.right } };
    case 'missing-chain':
    case 'extra-chain':
      return place;
    default:
      return difference satisfies never;
  }
}

function routingDocument({ kind, family, printedBy, text, because }: RoutingDifference, plan: CapturePlan | undefined): object {
  return { kind, family, shownBy: printedBy, text, ...becauseOf({ because }, plan) };
}

function becauseOf(of: Pick<Rule, 'because'>, plan: CapturePlan | undefined): object {
  return plan === undefined || of.because === undefined ? {} : { because: of.because.text, settings: causesOf(of, plan) };
}

/** What was left out of one program. */
export function foreignDocument({ program, rules, chains }: ForeignCount): object {
  return { program, rules, chains };
}

/** What was not compared, by the side that can't show it. */
export function notComparedDocument({ operand, ...what }: NotCompared): object {
  return { side: operand, ...what };
}
