/** Rules of another release than the one that was meant: the arguments of one, the image of another. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import { compareObservations, observeAll, sees } from '../../../netfilter/observation.ts';
import { keepOnly } from '../../../netfilter/reconcile.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { planFor } from '../../plan/plan.ts';
import { ProblemError } from '../../problems.ts';
import { ruleKinds } from '../../releases/kinds.ts';
import type { Release } from '../../releases/known.ts';
import { spansText } from '../../releases/spans-text.ts';
import type { Check, Found, Subject } from './subject.ts';
import { hasSidecar, placeText } from './subject.ts';

/** Inbound traffic sent to another port than the given settings say: releases that had no port of its own, or not always (istio#28026). */
export const inboundPort: Check = ({ seen, desired: plan }) => {
  if (plan === undefined) return [];
  return FAMILIES.flatMap((family): readonly Found[] => {
    const [found, desired] = [redirectedTo(seen[family]), redirectedTo(plan[family])];
    if (found === undefined || desired === undefined || found === desired) return [];
    return [{ code: 'inbound-port', args: { where: placeText(family), found: `${found}`, desired: `${desired}` }, family }];
  });
};

function redirectedTo({ tables }: Ruleset): number | undefined {
  const nat = tables.find(({ name }) => name === 'nat');
  const rules = nat?.chains.find(({ name }) => name === 'ISTIO_IN_REDIRECT')?.rules ?? [];
  return rules.flatMap(({ target }) => (target.kind === 'REDIRECT' && 'first' in target.value ? [target.value.first] : []))[0];
}

/** Exactly the rules that other releases make of the settings that were given. */
export const otherRelease: Check = (subject) => {
  const { desired } = subject;
  if (desired === undefined || !FAMILIES.some((family) => hasSidecar(subject, family))) return [];
  const ours = ourPart(subject);
  if (isSame(ours, desired)) return [];
  const releases = ruleKinds().flatMap((kind) => {
    const plan = planAt(subject, desired, kind.profile.release);
    return plan !== undefined && isSame(ours, plan) ? kind.releases : [];
  });
  if (releases.length === 0) return [];
  return [{ code: 'other-release', args: { releases: spansText(releases), release: desired.release } }];
};

/** The state without what is not ours, and without policies, which are nobody's of Istio. */
function ourPart({ seen, ownership }: Subject): Observation {
  return { ...seen, ip: keepOnly(seen.ip, ownership.ip), ip6: keepOnly(seen.ip6, ownership.ip6), unseen: [] };
}

function isSame(ours: Observation, plan: CapturePlan): boolean {
  // Numbers first: some twenty releases are asked, and most of them differ in that already.
  if (countListed(ours, ours) !== countListed(plan, ours)) return false;
  return compareObservations(ours, observeAll(plan)).differences.every(({ kind }) => kind === 'policy');
}

/** How many rules there are in the tables that the state shows. */
function countListed(rules: Readonly<Record<Family, Ruleset>>, listed: Observation): number {
  const tables = FAMILIES.flatMap((family) => rules[family].tables.filter(({ name }) => sees(listed, family, name)));
  return tables.flatMap(({ chains }) => chains).reduce((count, chain) => count + chain.rules.length, 0);
}

/** The same settings at another release; undefined where that refuses them. */
function planAt({ facts }: Subject, { settings }: CapturePlan, release: Release): CapturePlan | undefined {
  try {
    return planFor(settings, release, facts);
  } catch (error) {
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}
