/** The one value between everything: what a release makes of settings. */

import type { NftRuleset } from '../../netfilter/nft/ruleset.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { Problem } from '../problems.ts';
import type { Release } from '../releases/known.ts';
import type { Profile } from '../releases/profile.ts';
import { profileOf } from '../releases/profile.ts';
import type { Facts } from '../settings/facts.ts';
import { needsIp6 } from '../settings/facts.ts';
import { withNumbers } from '../settings/name-resolution.ts';
import { settingProblems } from '../settings/setting-problems.ts';
import type { Settings, SettingValues } from '../settings/settings.ts';
import { valuesOf } from '../settings/settings.ts';
import type { Switches } from '../settings/switches.ts';
import { NO_SWITCHES } from '../settings/switches.ts';
import type { Routing } from './routing.ts';
import { routingFor } from './routing.ts';
import { rulesetsFor } from './rulesets.ts';

/** The rules of both families in normal form, and what lies outside the packet filter. */
export interface CapturePlan {
  readonly release: Release;
  readonly settings: Settings;
  readonly switches: Switches;
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  /** Tables of nft's own, where the plan is a native one: iptables then has no rules. */
  readonly nft?: NftRuleset;
  readonly routing: Routing;
  /** Warnings and notes; never errors. */
  readonly problems: readonly Problem[];
  /** What rules name and nobody knows: they have a match in its place of which nobody can tell whether it holds. */
  readonly missing?: readonly Problem[];
}

/**
 * The plan of settings at a release, with rules of iptables. Pure: equal arguments give equal plans, deeply frozen.
 * Throws a RangeError for a release that is not known, and a ProblemError where facts are missing
 * without which the rules can't be made.
 */
export function planFor(settings: Settings, release: Release, facts: Facts = {}, switches: Switches = NO_SWITCHES): CapturePlan {
  return makePlan(settings, release, facts, switches, rulesetsFor);
}

/** Makes the rules of bare values. */
export type RuleMaker = (
  values: SettingValues,
  switches: Switches,
  profile: Profile,
  facts: Facts,
) => Pick<CapturePlan, 'ip' | 'ip6' | 'nft'>;

/** The plan of settings at a release, its rules made by `rules`. */
export function makePlan(settings: Settings, release: Release, facts: Facts, switches: Switches, rules: RuleMaker): CapturePlan {
  const profile = profileOf(release);
  const values = withNumbers(valuesOf(settings), facts);
  const problems = settingProblems(settings, values, profile, facts);
  const has6 = values.mode !== 'NONE' && needsIp6(facts, values, switches, profile);
  return freeze({
    release,
    settings,
    switches,
    ...rules(values, switches, profile, facts),
    routing: routingFor(values, switches, profile.has, has6),
    problems,
  });
}

/** The plan with what was found before it was made in front of its own problems. */
export function withProblems(plan: CapturePlan, earlier: readonly Problem[]): CapturePlan {
  return freeze({ ...plan, problems: [...earlier, ...plan.problems] });
}

/** Freezes a value and everything in it: one plan serves printing, comparing and applying alike. */
function freeze<V>(value: V): V {
  // What can't be extended any more was frozen here: to ask for more takes as long as freezing it.
  if (typeof value !== 'object' || value === null || !Object.isExtensible(value)) return value;
  Object.freeze(value);
  // The places of a list as texts, which is what `for in` gives, take twice the time.
  if (Array.isArray(value)) for (const item of value) freeze(item);
  else for (const key in value) if (typeof value[key] === 'object') freeze(value[key]);
  return value;
}
