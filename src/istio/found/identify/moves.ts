/** Single changes to a proposal, for rules that were changed after a release had made them. */

import type { Profile } from '../../releases/profile.ts';
import type { SettingKey } from '../../settings/settings.ts';
import { SETTING_KEYS } from '../../settings/settings.ts';
import { NO_SWITCHES } from '../../settings/switches.ts';
import type { Candidates } from './candidates.ts';
import { isSameValue } from './plausibility.ts';
import type { Proposal } from './proposal.ts';
import { ordinaryValues } from './proposal.ts';

/** A change; undefined, or the same again, where it would change nothing. */
export type Move = (from: Proposal) => Proposal | undefined;

// Every item of a list is a rule, and one of them may be somebody's own; of a longer list, nobody would notice.
const LONGEST_LIST = 40;

/**
 * The changes that may bring settings nearer: what another place of the rules says of some of them, the value
 * of a default pod, and a list without one of its items.
 */
export function movesFor(candidates: Candidates, profile: Profile): readonly Move[] {
  const parts = candidates.flatMap((choice): readonly Move[] =>
    choice.slice(choice.length > 1 ? 0 : 1).map(
      ({ values, switches, facts }): Move =>
        (from) => ({
          values: { ...from.values, ...values },
          switches: { ...from.switches, ...switches },
          facts: { ...from.facts, ...facts },
        }),
    ),
  );
  const ordinary = ordinaryValues(profile);
  const reset =
    (keys: readonly SettingKey[]): Move =>
    (from) =>
      keys.every((key) => isSameValue(from.values, ordinary, key))
        ? undefined
        : { ...from, values: { ...from.values, ...Object.fromEntries(keys.map((key) => [key, ordinary[key]])) } };
  const calm: Move = (from) => ({ ...from, switches: NO_SWITCHES });
  return [...parts, reset(SETTING_KEYS), ...SETTING_KEYS.map((key) => reset([key])), calm, ...SETTING_KEYS.flatMap(dropsFrom)];
}

/** From the end, so that an item that is left out does not move those that are still to come. */
function dropsFrom(key: SettingKey): readonly Move[] {
  return Array.from(
    { length: LONGEST_LIST },
    (_, index): Move =>
      (from) => {
        const value: unknown = from.values[key];
        const at = LONGEST_LIST - 1 - index;
        if (!Array.isArray(value) || value.length > LONGEST_LIST || at >= value.length) return undefined;
        return { ...from, values: { ...from.values, [key]: value.toSpliced(at, 1) } };
      },
  );
}
