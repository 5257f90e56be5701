/** The rules of an observation that Istio's program may have made, and what else there is. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { printRule } from '../../../netfilter/print.ts';
import type { Owned } from '../../../netfilter/reconcile/owned.ts';
import { keepOnly } from '../../../netfilter/reconcile/owned.ts';
import { normalForm } from '../../../netfilter/rule/normal.ts';
import type { Rule, Ruleset } from '../../../netfilter/rule.ts';
import { inBoth, isBuiltIn, rulesIn, withChains } from '../../../netfilter/rule.ts';
import type { ForeignCount } from '../foreign.ts';
import { withoutForeign } from '../foreign.ts';
import { isDistinctive } from '../ownership/claims.ts';
import { ambientChainsIn, ownChainsOf } from '../ownership/parts.ts';
import { mayBeOurs } from '../ownership/rule-values.ts';
import type { Both, OwnershipWarning } from '../ownership.ts';
import { ownedIn } from '../ownership.ts';

/** What is there besides our rules. */
export interface IgnoredRules {
  /** Rules and chains of programs that are known by name. */
  readonly programs: readonly ForeignCount[];
  /** Rules that nobody is known to make, by table. */
  readonly others: readonly OtherRules[];
  /** Rules among those that some release makes as well. */
  readonly lookalikes: readonly OwnershipWarning[];
}

/** Rules of one table that nobody is known to make. */
export interface OtherRules {
  readonly family: Family;
  readonly table: string;
  readonly rules: number;
  /** The first of them, as iptables-save prints them: `-A PREROUTING -p tcp -j ACCEPT`. */
  readonly first: readonly string[];
}

/** A part of an observation, in normal form, that may be all of ours. */
export interface OurPart {
  readonly observed: Observation;
  readonly setAside: IgnoredRules;
}

/** Chains of ambient mode, by family and table. */
export interface AmbientChain {
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
}

/** The chains that the node agent makes for ambient pods. */
export function ambientChains(observed: Observation): readonly AmbientChain[] {
  return FAMILIES.flatMap((family) =>
    observed[family].tables.flatMap(({ name: table, chains }) =>
      ambientChainsIn(chains, observed[family]).map((chain) => ({ family, table, chain })),
    ),
  );
}

/**
 * What may be ours, the likelier first: everything, where nothing in it is visibly somebody else's; and what
 * ownership claims, which needs a chain of ours, and interfaces that are not hidden. A part without a rule
 * that bears a mark of ours is none.
 */
export function* ourParts(observed: Observation): Generator<OurPart> {
  const { kept, foreign: programs } = withoutForeign(observed);
  const plain = FAMILIES.every((family) => isPlain(kept[family])) && bearsOurMark(kept);
  if (plain) yield { observed: withoutPolicies(kept), setAside: { programs, others: [], lookalikes: [] } };
  const owned = ownedOf(kept, programs);
  if (bearsOurMark(owned.observed) && !(plain && owned.setAside.others.length === 0)) yield owned;
}

/** What ownership claims where a plan may have made the rules: what is left of them, whole or not. */
export function ownedPart(observed: Observation, likely: Both): OurPart {
  const { kept, foreign } = withoutForeign(observed);
  return ownedOf(kept, foreign, likely);
}

function ownedOf(kept: Observation, programs: IgnoredRules['programs'], likely?: Both): OurPart {
  const { ip, ip6, warnings } = ownedIn(kept, likely);
  return {
    observed: withoutPolicies({ ...kept, ip: keepOnly(kept.ip, ip), ip6: keepOnly(kept.ip6, ip6) }),
    setAside: {
      programs,
      others: othersIn(kept, { ip, ip6 }),
      lookalikes: warnings.filter(({ code }) => code === 'looks-like-ours'),
    },
  };
}

/** Whether a state has nothing in it that no release makes: other chains, comments, matches that are not understood. */
function isPlain(ruleset: Ruleset): boolean {
  const own = ownChainsOf(ruleset);
  return ruleset.tables.every(({ name, chains }) =>
    chains.every((chain) => own.get(name)?.has(chain.name) === true || (isBuiltIn(name, chain.name) && chain.rules.every(isPlainRule))),
  );
}

function isPlainRule(rule: Rule): boolean {
  return mayBeOurs({ ...rule, matches: rule.matches.filter(({ kind }) => kind !== 'unknown') });
}

/** A bare verdict is what anyone's firewall has. */
function bearsOurMark(observed: Observation): boolean {
  return FAMILIES.some((family) => {
    const ruleset = observed[family];
    return ownChainsOf(ruleset).size > 0 || rulesIn(ruleset).some(isDistinctive);
  });
}

/** The normal form; a policy is the business of whoever runs the machine. */
function withoutPolicies(observed: Observation): Observation {
  const of = (ruleset: Ruleset): Ruleset =>
    withChains(normalForm(ruleset), (chain, table) => (isBuiltIn(table.name, chain.name) ? { ...chain, policy: 'unknown' } : chain));
  return inBoth(observed, of);
}

const MOST_LISTED = 3;

function othersIn(kept: Observation, owned: Readonly<Record<Family, Owned>>): readonly OtherRules[] {
  return FAMILIES.flatMap((family) =>
    kept[family].tables.flatMap(({ name: table, chains }): readonly OtherRules[] => {
      const { rules, chains: own } = owned[family];
      const rest = chains
        .filter((chain) => own.get(table)?.has(chain.name) !== true)
        // What packets meet first says most.
        .toSorted((a, b) => Number(isBuiltIn(table, b.name)) - Number(isBuiltIn(table, a.name)))
        .flatMap(({ name, rules: all }) => all.filter((rule) => !rules.has(rule)).map((rule) => ({ name, rule })));
      const first = rest.slice(0, MOST_LISTED).map(({ name, rule }) => `-A ${name} ${printRule(rule)}`);
      return rest.length === 0 ? [] : [{ family, table, rules: rest.length, first }];
    }),
  );
}
