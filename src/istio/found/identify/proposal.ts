/** Settings that may have made rules, with everything else that rules are made of. */

import { injectedSettings } from '../../kubernetes/ordinary-injection.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import type { SettingValues } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { NO_SWITCHES } from '../../settings/switches.ts';

/** Everything that rules are made of, besides the release. */
export interface Proposal {
  readonly values: SettingValues;
  readonly switches: Switches;
  readonly facts: Facts;
}

/** Some of a proposal, as one place of the rules tells it. */
export interface Part {
  readonly values?: Partial<SettingValues>;
  readonly switches?: Partial<Switches>;
  readonly facts?: Facts;
}

/** The proposal of some parts; what they don't say is as in a default pod. */
export function proposalOf(profile: Profile, parts: readonly Part[]): Proposal {
  return {
    values: Object.assign({}, ordinaryValues(profile), ...parts.map(({ values }) => values)),
    switches: Object.assign({}, NO_SWITCHES, ...parts.map(({ switches }) => switches)),
    facts: Object.assign({}, ...parts.map(({ facts }) => facts)),
  };
}

const ordinary = new Map<string, SettingValues>();

/** The values of a default pod. */
export function ordinaryValues(profile: Profile): SettingValues {
  const values = ordinary.get(profile.release) ?? valuesOf(injectedSettings(profile));
  ordinary.set(profile.release, values);
  return values;
}
