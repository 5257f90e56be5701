/** Two sides laid over each other, as all forms of a diff show them. */

import { capturedFirst } from '../../istio/advice/findings/in-front.ts';
import type { WithoutForeign } from '../../istio/found/foreign.ts';
import { withoutForeign } from '../../istio/found/foreign.ts';
import type { RoutingDifference } from '../../istio/found/routing-differences.ts';
import { compareRouting, hasRouting } from '../../istio/found/routing-differences.ts';
import type { ChainPlace, Difference } from '../../netfilter/compare/difference.ts';
import { outline } from '../../netfilter/compare/outline.ts';
import type { Row } from '../../netfilter/compare/script.ts';
import { rowsOf } from '../../netfilter/compare/script.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { grouped } from '../../netfilter/grouped.ts';
import type { NotCompared, Observation, ObservedDifferences } from '../../netfilter/observation.ts';
import { compareObservations, ofFamily } from '../../netfilter/observation.ts';
import type { Policy, Ruleset } from '../../netfilter/rule.ts';
import { isDoubt } from '../../netfilter/unseen.ts';
import type { DiffOperand } from '../../sources/operand.ts';
import type { RuleSource } from '../../sources/rule-source.ts';

export interface ComparedOperand extends Pick<DiffOperand, 'name' | 'plan' | 'problems' | 'places' | 'seen' | 'inferred'>, WithoutForeign {
  /** What of it was compared. */
  readonly compared: Readonly<Record<Family, Ruleset>>;
}

/** A chain of either side; the policy is undefined on a side that does not have it. */
export interface ComparedChain extends ChainPlace {
  readonly left: Policy | undefined;
  readonly right: Policy | undefined;
  readonly rows: readonly Row[];
  /** What is different about the chain as a whole, then its rules in the order of the rows. */
  readonly differences: readonly Difference[];
}

/** A table of either side, and which of them has anything in it. */
export interface ComparedTable {
  readonly family: Family;
  readonly name: string;
  readonly left: boolean;
  readonly right: boolean;
  readonly chains: readonly ComparedChain[];
}

/** Positions in it are those among the rules that were compared; a side's `positionOf` makes them those of its own chains. */
export interface Comparison {
  readonly left: ComparedOperand;
  readonly right: ComparedOperand;
  /** Everything that was compared, equal or not. */
  readonly tables: readonly ComparedTable[];
  readonly routing: readonly RoutingDifference[];
  readonly notCompared: readonly NotCompared[];
}

export interface Scope {
  /** The only family to compare. */
  readonly family?: Family;
  /** Whether the rules of other programs are compared as well; or only those in tables where they take packets before Istio's see them. */
  readonly all: boolean | 'taking';
}

/** Compares two sides as far as both can show what they hold. */
export function compareOperands(left: DiffOperand, right: DiffOperand, scope: Scope): Comparison {
  const [a, b] = [scoped(left.seen, scope), scoped(right.seen, scope)];
  const found = compareObservations(a.kept, b.kept);
  const { routing, hidden } = routingOf(left, right, scope.family);
  return {
    left: { ...left, ...a, compared: found.left },
    right: { ...right, ...b, compared: found.right },
    tables: FAMILIES.flatMap((family) => tablesOf(family, found)),
    routing,
    notCompared: [...found.notCompared, ...hidden],
  };
}

/** All differences of rules and chains, in the order of the tables. */
export function differencesOf({ tables }: Pick<Comparison, 'tables'>): readonly Difference[] {
  return tables.flatMap(({ chains }) => chains.flatMap(({ differences }) => differences));
}

/** Whether the sides are known to be equal, as far as their forms can show. */
export function isKnownSame(comparison: Comparison): boolean {
  return isSame(comparison) && !comparison.notCompared.some(isDoubt);
}

/** Whether the sides are equal in all that was compared. */
export function isSame(comparison: Comparison): boolean {
  return differencesOf(comparison).length === 0 && comparison.routing.length === 0;
}

function scoped(seen: Observation, { family, all }: Scope): WithoutForeign {
  const compared = family === undefined ? seen : ofFamily(seen, family);
  if (all === 'taking') return withoutForeign(compared, capturedFirst(compared));
  return all ? { kept: compared, foreign: [], positionOf: (_, position) => position } : withoutForeign(compared);
}

function tablesOf(family: Family, { left, right, differences, open }: ObservedDifferences): readonly ComparedTable[] {
  const [byChain, openByChain] = [inChains(differences, family), inChains(open, family)];
  const has = (operand: typeof left, table: string): boolean => operand[family].tables.some(({ name }) => name === table);
  return outline(left[family], right[family]).map(({ name: table, chains }) => ({
    family,
    name: table,
    left: has(left, table),
    right: has(right, table),
    chains: chains.flatMap((pair): readonly ComparedChain[] => {
      const place = `${table} ${pair.name}`;
      const [own, unsure] = [byChain.get(place) ?? [], openByChain.get(place) ?? []];
      // A chain that an excerpt does not name was not compared at all.
      if (unsure.some(({ kind }) => kind === 'missing-chain' || kind === 'extra-chain')) return [];
      return [
        {
          ...{ family, table, chain: pair.name },
          left: pair.left?.policy,
          right: pair.right?.policy,
          rows: rowsOf(pair.left?.rules ?? [], pair.right?.rules ?? [], own, unsure),
          differences: own,
        },
      ];
    }),
  }));
}

function inChains(differences: readonly Difference[], family: Family): ReadonlyMap<string, readonly Difference[]> {
  const own = differences.filter((one) => one.family === family);
  return grouped(own, ({ table, chain }) => `${table} ${chain}`);
}

/** Only a plan says what lies outside the packet filter; where one side alone does, that is not compared. */
function routingOf(
  left: RuleSource,
  right: RuleSource,
  family: Family | undefined,
): { readonly routing: readonly RoutingDifference[]; readonly hidden: readonly NotCompared[] } {
  const ofFamily = ({ family: of }: RoutingDifference): boolean => family === undefined || of === family;
  if (left.plan !== undefined && right.plan !== undefined)
    return { routing: compareRouting(left.plan.routing, right.plan.routing).filter(ofFamily), hidden: [] };
  const hides = (operand: NotCompared['operand'], { plan }: RuleSource): readonly NotCompared[] =>
    plan !== undefined && hasRouting(plan.routing)
      ? [{ operand, kind: 'form', reason: 'policy rules, routes and addresses are unknown' }]
      : [];
  return { routing: [], hidden: [...hides('left', right), ...hides('right', left)] };
}
