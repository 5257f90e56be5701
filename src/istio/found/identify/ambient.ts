/** Rules of the ambient mode, the way back: the releases whose node agent makes them, and with which knobs. */

import type { Difference } from '../../../netfilter/compare/difference.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { compareObservations, observeAll, sees } from '../../../netfilter/observation.ts';
import type { Match } from '../../../netfilter/rule/match.ts';
import { normalForm } from '../../../netfilter/rule/normal.ts';
import type { Chain, Rule, Ruleset, Table } from '../../../netfilter/rule.ts';
import { inBoth, isBuiltIn, rulesIn, rulesOfBoth } from '../../../netfilter/rule.ts';
import type { AmbientPlan } from '../../plan/ambient/ambient-plan.ts';
import { planAmbient } from '../../plan/ambient/ambient-plan.ts';
import type { AmbientKnobs } from '../../plan/ambient/knobs.ts';
import { PROBE } from '../../plan/ambient/knobs.ts';
import { ProblemError } from '../../problems.ts';
import { ambientKinds } from '../../releases/kinds.ts';
import type { Release } from '../../releases/known.ts';
import { position } from '../../releases/known.ts';
import type { Profile } from '../../releases/profile.ts';
import { isAmbientTable } from '../ownership/chain-names.ts';
import { hasNodeChains } from '../ownership/mode-chains.ts';
import { ambientChainsIn } from '../ownership/parts.ts';
import { matchValue } from '../ownership/rule-values.ts';

/** Knobs, and the releases whose agent makes of them what is seen. */
export interface AmbientAnswer {
  /** Oldest first; never empty. */
  readonly releases: readonly Release[];
  readonly knobs: AmbientKnobs;
  /** Of the newest of them. */
  readonly plan: AmbientPlan;
  /** From what the agent makes (left) to what is seen (right); none in an exact answer. */
  readonly differences: readonly Difference[];
}

export interface AmbientIdentification {
  readonly outcome: 'exact' | 'nearest';
  readonly where: 'pod' | 'host';
  readonly backend: 'iptables' | 'nftables';
  /** The fewest knobs first; of one outcome. */
  readonly answers: readonly AmbientAnswer[];
  /** What was compared: the agent's part of what was given. */
  readonly observed: Observation;
}

/** What the node agent made of an observation; one for each backend that it has rules in. */
export function identifyAmbient(observed: Observation): readonly AmbientIdentification[] {
  return (['iptables', 'nftables'] as const).flatMap((backend) => {
    const part = partOf(observed, backend);
    const rules = rulesOfBoth(part);
    if (rules.length === 0) return [];
    const where = hasNodeChains(part) ? 'host' : 'pod';
    const read = knobsIn(rules, part, where);
    const rated = ratedFor(variantsOf(read, where, true), backend, part);
    const exact = rated.filter(({ differences }) => differences.length === 0);
    const all = exact.length > 0 ? exact : ratedFor(variantsOf(read, where, false), backend, part);
    const least = Math.min(...all.map(({ differences }) => differences.length));
    const answers = distinctAnswers(all.filter(({ differences }) => differences.length === least));
    return answers.length === 0
      ? []
      : [{ outcome: least === 0 ? ('exact' as const) : ('nearest' as const), where, backend, answers, observed: part }];
  });
}

/** The agent's chains, and the jumps to them; its tables of nft whole. A policy is the business of whoever runs the machine. */
function partOf(observed: Observation, backend: AmbientIdentification['backend']): Observation {
  const of = (ruleset: Ruleset): Ruleset => {
    if (backend === 'nftables') return { ...ruleset, tables: ruleset.tables.filter(({ name }) => isAmbientTable(name)) };
    const tables = ruleset.tables.flatMap((table): readonly Table[] => {
      const own = table.nft === undefined ? ambientChainsIn(table.chains, ruleset) : [];
      if (own.length === 0) return [];
      const jumps = ({ target }: Rule): boolean => target.kind === 'jump' && own.includes(target.chain);
      const chains = table.chains.flatMap((chain): readonly Chain[] => {
        if (own.includes(chain.name)) return [chain];
        if (!isBuiltIn(table.name, chain.name)) return [];
        return [{ ...chain, policy: 'unknown', rules: chain.rules.filter(jumps) }];
      });
      return [{ ...table, chains }];
    });
    return normalForm({ ...ruleset, tables });
  };
  return inBoth(observed, of);
}

/** The knobs that the rules tell, each by a rule that only it makes. */
function knobsIn(rules: readonly Rule[], part: Observation, where: 'pod' | 'host'): AmbientKnobs {
  const to = (port: number): boolean =>
    rules.some(({ target }) => (target.kind === 'REDIRECT' && 'first' in target.value ? target.value.first : undefined) === port);
  const ipv6 = rulesIn(part.ip6).some(({ matches }) => matches.some(isOf6));
  const tproxy = rules.some(({ target }) => target.kind === 'TPROXY');
  const virtualInterfaces = reroutedIn(rules);
  const [kubelet] = rules.flatMap(({ matches }) =>
    matches.flatMap((match) => (match.kind === 'uid-owner' && 'first' in match.value ? [match.value.first] : [])),
  );
  return {
    where,
    ipv6,
    // Only a table nat that was seen tells that nothing is caught inbound.
    ...(where === 'host' ? {} : { dns: to(15053), tproxy, ingress: !tproxy && !to(15006) && sees(part, 'ip', 'nat') }),
    ...(virtualInterfaces.length === 0 ? {} : { virtualInterfaces }),
    ...(kubelet === undefined ? {} : { kubelet }),
    ...probesIn(rules),
  };
}

/** The interfaces whose traffic the rules reroute. */
export function reroutedIn(rules: readonly Rule[]): readonly string[] {
  return [...new Set(rules.flatMap((rule) => (rule.target.kind === 'REDIRECT' ? (matchValue(rule, 'in-interface') ?? []) : [])))];
}

function isOf6(match: Match): boolean {
  if (match.kind === 'source' || match.kind === 'destination') return match.value.family === 'ip6';
  // iptables' chains of IPv6 are there with IPv6 only; those of nft serve both families.
  return match.kind === 'opaque' && /^ip6 |--match-set \S+-v6 /.test(match.text);
}

/** The address of the kubelet: accepted in a pod, given on the node. */
function probesIn(rules: readonly Rule[]): AmbientKnobs {
  const addresses = rules.flatMap(({ matches, target }) => {
    if (target.kind === 'SNAT') return [target.value.to];
    if (target.kind !== 'verdict' || target.verdict !== 'ACCEPT') return [];
    return matches.flatMap((match) =>
      (match.kind === 'source' || match.kind === 'destination') && !match.negated ? [match.value.address] : [],
    );
  });
  const probeV4 = addresses.find((address) => !address.includes(':'));
  const probeV6 = addresses.find((address) => address.includes(':'));
  return { ...(probeV4 === undefined ? {} : { probeV4 }), ...(probeV6 === undefined ? {} : { probeV6 }) };
}

/** What was read; and where that makes other rules, what may have been before somebody changed them. */
function variantsOf(read: AmbientKnobs, where: 'pod' | 'host', asRead: boolean): readonly AmbientKnobs[] {
  if (where === 'host' || asRead) return [read];
  const both = [false, true];
  return both.flatMap((ingress) => both.map((dns) => ({ ...read, ingress, dns })));
}

interface Rated extends Pick<AmbientAnswer, 'knobs' | 'plan' | 'differences'> {
  readonly releases: readonly Release[];
}

function ratedFor(variants: readonly AmbientKnobs[], backend: AmbientIdentification['backend'], part: Observation): readonly Rated[] {
  return ambientKinds().flatMap(({ profile, releases }) =>
    variants.flatMap((variant): readonly Rated[] => {
      const knobs = asGiven(variant, backend, profile);
      try {
        const steps = variant.where === 'host' ? (['set', 'create'] as const) : (['create'] as const);
        const plan = planAmbient({ ...knobs, steps }, { release: releases.at(-1) ?? profile.release });
        const { differences } = compareObservations(observeAll(plan), part);
        return [{ knobs, releases, plan, differences }];
      } catch (error) {
        if (error instanceof ProblemError) return [];
        throw error;
      }
    }),
  );
}

/** The knobs without what the release does by itself. */
function asGiven(variant: AmbientKnobs, backend: AmbientIdentification['backend'], { has }: Profile): AmbientKnobs {
  const { where, ipv6, dns, tproxy, ingress, probeV4, probeV6, kubelet, virtualInterfaces } = variant;
  const native = backend === 'nftables';
  return {
    ...(native ? { backend } : {}),
    ...(where === 'host' ? { where } : {}),
    // The first release with nftables makes rules of IPv6 whatever it is told.
    ...(ipv6 === true && (!native || has('ambientNftablesByFamily') || where === 'host') ? { ipv6 } : {}),
    ...(dns === true ? { dns } : {}),
    ...(tproxy === undefined || tproxy !== has('ambientRedirectByDefault') ? {} : { tproxy }),
    ...(ingress === true ? { ingress } : {}),
    ...(virtualInterfaces === undefined
      ? {}
      : { virtualInterfaces: native ? virtualInterfaces.map((name) => name.replace(/\+$/, '*')) : virtualInterfaces }),
    ...(probeV4 === undefined || probeV4 === PROBE.ip ? {} : { probeV4 }),
    ...(probeV6 === undefined || probeV6 === PROBE.ip6 ? {} : { probeV6 }),
    ...(kubelet === undefined || kubelet === 0 ? {} : { kubelet }),
  };
}

/** Kinds of release with the same knobs are one answer. */
function distinctAnswers(rated: readonly Rated[]): readonly AmbientAnswer[] {
  const byKnobs = new Map<string, Rated[]>();
  for (const one of rated) {
    const key = JSON.stringify(one.knobs);
    byKnobs.set(key, [...(byKnobs.get(key) ?? []), one]);
  }
  return [...byKnobs.values()]
    .flatMap((same): readonly AmbientAnswer[] => {
      const releases = same.flatMap((one) => one.releases).sort((a, b) => position(a) - position(b));
      const newest = same.find((one) => one.releases.includes(releases.at(-1) ?? ''));
      return newest === undefined ? [] : [{ releases, knobs: newest.knobs, plan: newest.plan, differences: newest.differences }];
    })
    .sort((a, b) => Object.keys(a.knobs).length - Object.keys(b.knobs).length || newestOf(b) - newestOf(a));
}

function newestOf({ releases }: AmbientAnswer): number {
  return position(releases.at(-1) ?? '');
}

/** The rules of the likeliest answers, all that the agent made here; undefined where it made nothing. */
export function agentRules(agent: readonly AmbientIdentification[]): Readonly<Record<Family, Ruleset>> | undefined {
  const plans = agent.flatMap(({ answers }) => answers.slice(0, 1).map(({ plan }) => plan));
  if (plans.length === 0) return undefined;
  const of = (family: Family): Ruleset => ({ family, tables: plans.flatMap((plan) => plan[family].tables) });
  return { ip: of('ip'), ip6: of('ip6') };
}
