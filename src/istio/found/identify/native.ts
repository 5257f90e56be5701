/** Native tables of nft, the way back: rule for rule they are iptables' of the same release, under other names. */

import type { Difference } from '../../../netfilter/compare/difference.ts';
import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { compareObservations, observeAll } from '../../../netfilter/observation.ts';
import type { Match } from '../../../netfilter/rule/match.ts';
import type { Target } from '../../../netfilter/rule/target.ts';
import type { Chain, Rule, Ruleset, Table } from '../../../netfilter/rule.ts';
import { iptablesName } from '../../plan/native/iptables-names.ts';
import type { NativeForm } from '../../plan/native/native-plan.ts';
import { nativePlanFor } from '../../plan/native/native-plan.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { ProblemError } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import type { Switches } from '../../settings/switches.ts';

const NATIVE = /^inet istio-proxy-(nat|mangle|raw)$/;

/** The native rules as those of iptables that they stand for; undefined where there are none, or iptables has rules of its own. */
export function asIptables(observed: Observation): Observation | undefined {
  const native = FAMILIES.some((family) => observed[family].tables.some(({ name }) => NATIVE.test(name)));
  const both = FAMILIES.some((family) =>
    observed[family].tables.some(({ nft, chains }) => nft === undefined && chains.some(({ rules }) => rules.length > 0)),
  );
  if (!native || both) return undefined;
  // With IPv6 off, the rules that name no address are there for it all the same.
  const own6 = observed.ip6.tables.some(({ chains }) => chains.some(({ rules }) => rules.some(matchesIp6)));
  return { ...observed, ip: translated(observed.ip), ip6: own6 ? translated(observed.ip6) : { family: 'ip6', tables: [] } };
}

function matchesIp6({ matches, target }: Rule): boolean {
  return target.kind === 'TPROXY' || matches.some((match) => match.kind === 'source' || match.kind === 'destination');
}

function translated({ family, tables }: Ruleset): Ruleset {
  return {
    family,
    tables: tables.flatMap((table): readonly Table[] => {
      const name = NATIVE.exec(table.name)?.[1];
      return name === undefined ? [] : [{ name, chains: table.chains.map(chainOf) }];
    }),
  };
}

function chainOf({ name, policy, rules }: Chain): Chain {
  return { name: iptablesName(name), policy, rules: rules.map(ruleOf) };
}

function ruleOf({ text: _, counters: __, matches, target, ...rule }: Rule): Rule {
  const plain: Target = target.kind === 'jump' ? { ...target, chain: iptablesName(target.chain) } : target;
  return { ...rule, matches: withoutTcp(matches), target: plain };
}

/** Only the native rule that drops invalid packets asks for TCP. */
function withoutTcp(matches: readonly Match[]): readonly Match[] {
  const invalid = matches.some((match) => match.kind === 'conntrack-state' && match.value.includes('INVALID'));
  return invalid ? matches.filter(({ kind }) => kind !== 'protocol') : matches;
}

/** What is known of an answer here. */
interface Reading {
  readonly releases: readonly Release[];
  readonly plan: CapturePlan;
  readonly switches: Switches;
  readonly facts: Facts;
}

/** An answer as a native plan, with the releases whose rules count as these do; none where no release is left. */
export function nativeAnswer<A extends Reading>(
  answer: A,
  observed: Observation,
): readonly (A & { readonly differences: readonly Difference[] })[] {
  const counts = FAMILIES.some((family: Family) =>
    observed[family].tables.some(({ chains }) => chains.some(({ rules }) => rules.some(({ counters }) => counters !== undefined))),
  );
  const releases = answer.releases.filter((release) => {
    const { has } = profileOf(release);
    return has('nativeNftablesFlag') && has('nativeCounters') === counts;
  });
  const switches = { ...answer.switches, native: true };
  const form = leavesIp6(observed) ? 'mended' : 'made';
  // A release that fails with these settings is none that made the rules.
  const made = releases.flatMap((release) => {
    const plan = planAt(answer, release, switches, form);
    return plan === undefined ? [] : [{ release, plan }];
  });
  const newest = made.at(-1);
  if (newest === undefined) return [];
  const { differences } = compareObservations(observeAll(newest.plan), observed);
  return [{ ...answer, releases: made.map(({ release }) => release), plan: newest.plan, switches, differences }];
}

/** Whether base chains begin with the rule that lets IPv6 pass, as apply makes them for a pod of both families with IPv6 off. */
function leavesIp6({ ip6 }: Observation): boolean {
  return ip6.tables.some(
    ({ name, chains }) => NATIVE.test(name) && chains.some(({ base, rules }) => base !== undefined && rules[0]?.text === LEAVES_IP6),
  );
}

const LEAVES_IP6 = 'meta nfproto ipv6 return';
const BOTH_FAMILIES: Facts = { addresses: ['192.0.2.1', '2001:db8::1'] };

function planAt({ plan, facts }: Reading, release: Release, switches: Switches, form: NativeForm): CapturePlan | undefined {
  try {
    return nativePlanFor(plan.settings, release, form === 'mended' ? { ...facts, ...BOTH_FAMILIES } : facts, switches, form);
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}
