/** What in a live state is ours, whichever release made it. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES, otherFamily } from '../../netfilter/family.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Owned } from '../../netfilter/reconcile/owned.ts';
import { keepOnly } from '../../netfilter/reconcile/owned.ts';
import type { Rule } from '../../netfilter/rule.ts';
import { isOneRuleset } from '../../netfilter/rule.ts';
import { isForeignIstioChain } from './ownership/chain-names.ts';
import { claimRemains, claimWhole, exceptRules, isDistinctive, missingFrom } from './ownership/claims.ts';
import { guardrailsIn } from './ownership/guardrails.ts';
import type { Both, BuiltInChain } from './ownership/parts.ts';
import { ambientChainsIn, builtInRules, ownChainsOf } from './ownership/parts.ts';
import { readingsOf } from './ownership/readings.ts';
import type { Block, Hypothesis } from './ownership/releases.ts';
import { blocksOf, hypothesesFor, hypothesisOf, nearestReleases, textOf } from './ownership/releases.ts';
import { mayBeOurs } from './ownership/rule-values.ts';

export type { Both } from './ownership/parts.ts';

/** Something that is left where it is, though it may look as if it were ours. */
export interface OwnershipWarning {
  readonly code: /** A rule that some release makes; but not all that it makes there is there, or the state's chains are no such release's. */
    | 'looks-like-ours'
    /** A chain of the node agent for ambient pods. */
    | 'ambient-chain'
    /** A rule such as istio-iptables --reconcile puts there while it works, without the others of its set. */
    | 'guardrail'
    /** A chain whose name begins as Istio's do, and that no release makes. */
    | 'foreign-istio-chain';
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  /** As iptables-save prints it; undefined where the whole chain is meant. */
  readonly rule?: string;
}

export interface Ownership {
  readonly ip: Owned;
  readonly ip6: Owned;
  readonly warnings: readonly OwnershipWarning[];
}

/**
 * What in a live state is ours: chains of the names that releases give (but for those of the node agent)
 * with all that is in them, and jumps to them from built-in chains. A loose rule in a built-in chain is ours only where
 * a chain of ours exists in either family and the whole block that one release makes for that chain
 * stands there in order, rules of others between them ignored. Nobody lists those blocks: settings are
 * read from the state, the rules of every kind of release are made of them, and compared.
 *
 * A block of bare verdicts (`--ctstate INVALID -j DROP`) proves nothing by itself: it counts only for the
 * releases whose chains are most like those that are there. Otherwise a user's own rule would be
 * removed as the leftover of a release that never ran here.
 *
 * What an interrupted `--reconcile` leaves in filter is ours where the whole set of it stands.
 *
 * `likely` is a plan that may have made the state, or is wanted now: where it explains all of the state,
 * nothing else is asked; and what is left of its blocks is ours even where a rule is missing or moved.
 */
export function ownedIn(live: Both, likely?: Both): Ownership {
  const state = { ip: stateOf('ip', live), ip6: stateOf('ip6', live) };
  const explained = likely === undefined ? undefined : explain(live, state, likely);
  const { claims, doubted } = explained ?? claim(live, state, likely);
  const guardrails = { ip: guardrailsIn(live.ip), ip6: guardrailsIn(live.ip6) };
  return {
    ip: ownedOf(state.ip, [...claims.ip, ...guardrails.ip.whole]),
    ip6: ownedOf(state.ip6, [...claims.ip6, ...guardrails.ip6.whole]),
    warnings: FAMILIES.flatMap((family) => [
      ...chainWarnings(family, live),
      ...doubted[family],
      ...guardrails[family].some.flatMap(({ chain, rules }) =>
        rules.map((rule): OwnershipWarning => ({ code: 'guardrail', family, table: 'filter', chain, rule: printRule(rule) })),
      ),
    ]),
  };
}

interface State {
  readonly own: Owned['chains'];
  readonly chains: readonly BuiltInChain[];
}

interface Claims {
  readonly claims: Readonly<Record<Family, readonly Rule[]>>;
  readonly doubted: Readonly<Record<Family, readonly OwnershipWarning[]>>;
}

function stateOf(family: Family, live: Both): State {
  const own = ownChainsOf(live[family]);
  const chains = builtInRules(live[family], own).map((chain) => ({
    ...chain,
    loose: chain.loose.filter((rule) => rule.target.kind !== 'jump' && mayBeOurs(rule)),
  }));
  return { own, chains };
}

function ownedOf({ own, chains }: State, loose: readonly Rule[]): Owned {
  return { chains: own, rules: new Set([...chains.flatMap(({ jumps }) => jumps), ...loose]) };
}

/** The claims of a plan that made all of the state. */
function explain(live: Both, state: Readonly<Record<Family, State>>, plan: Both): Claims | undefined {
  if (FAMILIES.some((family) => live[family].tables.length === 0 && plan[family].tables.length > 0)) return undefined;
  const isPlan = FAMILIES.every((family) => isOneRuleset(live[family], plan[family]));
  const claimsIn = (family: Family): readonly Rule[] => {
    if (isPlan) return state[family].chains.flatMap(({ loose }) => loose);
    const blocks = blocksOf(plan[family]);
    return state[family].chains.flatMap(({ table, chain, loose }) => claimRemains(loose, blocks.get(`${table} ${chain}`) ?? []));
  };
  const claims = { ip: claimsIn('ip'), ip6: claimsIn('ip6') };
  // A mark or a zone that the plan does not set may be an older release's, from an upgrade that was stopped: asked below.
  const marks = FAMILIES.some((family) =>
    exceptRules(
      state[family].chains.flatMap(({ loose }) => loose),
      claims[family],
    ).some(isDistinctive),
  );
  const made =
    isPlan ||
    (!marks && FAMILIES.every((family) => textOf(keepOnly(live[family], ownedOf(state[family], claims[family]))) === textOf(plan[family])));
  return made ? { claims, doubted: { ip: [], ip6: [] } } : undefined;
}

function claim(live: Both, state: Readonly<Record<Family, State>>, likely: Both | undefined): Claims {
  const none: Claims = { claims: { ip: [], ip6: [] }, doubted: { ip: [], ip6: [] } };
  if (FAMILIES.every((family) => state[family].chains.every(({ loose }) => loose.length === 0))) return none;
  const all = { ip: hypotheses('ip', live, likely), ip6: hypotheses('ip6', live, likely) };
  const present = FAMILIES.filter((family) => state[family].own.size > 0);
  const borneOut = nearestReleases(all, present);
  const claims = { ip: [] as Rule[], ip6: [] as Rule[] };
  const doubted = { ip: [] as OwnershipWarning[], ip6: [] as OwnershipWarning[] };
  for (const family of FAMILIES) {
    for (const { table, chain, loose } of state[family].chains) {
      const place = `${table} ${chain}`;
      const ours =
        present.length > 0 ? claimIn(place, loose, borneOut[family], all[family], likely && blocksOf(likely[family]).get(place)) : [];
      const known = new Set(all[family].flatMap(({ blocks }) => (blocks.get(place) ?? []).map(({ text }) => text)));
      claims[family].push(...ours);
      doubted[family].push(
        ...exceptRules(loose, ours)
          .map(printRule)
          .filter((rule) => known.has(rule))
          .map((rule): OwnershipWarning => ({ code: 'looks-like-ours', family, table, chain, rule })),
      );
    }
  }
  return { claims, doubted };
}

function hypotheses(family: Family, live: Both, likely: Both | undefined): readonly Hypothesis[] {
  const readings = readingsOf(live[family], live[otherFamily(family)]);
  return [...hypothesesFor(live[family], readings), ...(likely === undefined ? [] : [hypothesisOf(likely[family], live[family])])];
}

function claimIn(
  place: string,
  loose: readonly Rule[],
  borneOut: readonly Hypothesis[],
  all: readonly Hypothesis[],
  likely: Block = [],
): readonly Rule[] {
  const certain = claimWhole(place, loose, borneOut);
  // Tables are committed one by one: a program that was stopped leaves an old table beside the new ones, and
  // its marks and zones are ours though no chain speaks for that release any more.
  const older = exceptRules(loose, certain).some(isDistinctive) ? claimWhole(place, loose, all) : [];
  const whole = older.filter(isDistinctive).length > certain.filter(isDistinctive).length ? older : certain;
  return [...whole, ...claimRemains(exceptRules(loose, whole), missingFrom(whole, likely))];
}

function chainWarnings(family: Family, live: Both): readonly OwnershipWarning[] {
  return live[family].tables.flatMap(({ name: table, chains }): readonly OwnershipWarning[] => [
    ...ambientChainsIn(chains, live[family]).map((chain): OwnershipWarning => ({ code: 'ambient-chain', family, table, chain })),
    ...chains.flatMap(({ name: chain }): readonly OwnershipWarning[] =>
      isForeignIstioChain(table, chain) ? [{ code: 'foreign-istio-chain', family, table, chain }] : [],
    ),
  ]);
}
