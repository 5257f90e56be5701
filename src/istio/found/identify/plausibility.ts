/** How far settings are from those of a default pod: of two answers, the more ordinary one is the likelier. */

import type { Profile } from '../../releases/profile.ts';
import type { SettingKey, SettingValues } from '../../settings/settings.ts';
import { SETTING_KEYS } from '../../settings/settings.ts';
import type { Switches } from '../../settings/switches.ts';
import { NO_SWITCHES } from '../../settings/switches.ts';
import type { Proposal } from './proposal.ts';
import { ordinaryValues } from './proposal.ts';

/** What is not as in a default pod of the release. */
export interface NonDefault {
  readonly settings: readonly SettingKey[];
  readonly switches: readonly (keyof Switches)[];
}

/** The settings and switches of a proposal that a default pod of the release does not have. */
export function nonDefaultIn({ values, switches }: Proposal, profile: Profile): NonDefault {
  const ordinary = ordinaryValues(profile);
  return {
    settings: SETTING_KEYS.filter((key) => !isSameValue(values, ordinary, key)),
    switches: (Object.keys(NO_SWITCHES) as (keyof Switches)[]).filter((name) => switches[name] !== NO_SWITCHES[name]),
  };
}

/** How much is not as in a default pod. */
export function unusualness(proposal: Proposal, profile: Profile): number {
  const { settings, switches } = nonDefaultIn(proposal, profile);
  return settings.length + switches.length;
}

/** Whether two settings have the same value for a key. */
export function isSameValue(one: SettingValues, other: SettingValues, key: SettingKey): boolean {
  return one[key] === other[key] || JSON.stringify(one[key]) === JSON.stringify(other[key]);
}
