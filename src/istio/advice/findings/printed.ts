/** A log prints what its program was told, and its rules are not of that. */

import { settingsOfVariables } from '../../arguments/printed-variables.ts';
import { isOlderIstio } from '../../found/identify/older-istio.ts';
import { isSameValue } from '../../found/identify/plausibility.ts';
import { profileOf } from '../../releases/profile.ts';
import { printedValues, valueText } from '../../settings/printed-settings.ts';
import type { SettingKey, SettingValues } from '../../settings/settings.ts';
import { valuesOf } from '../../settings/settings.ts';
import type { Check } from './subject.ts';

/** The settings that were printed and are not those of the rules; undefined where nothing was printed, or no release could have been told so. */
export function printedOtherwise({ seen, made }: Pick<Parameters<Check>[0], 'seen' | 'made'>): readonly SettingKey[] | undefined {
  if (seen.variables === undefined || made === undefined) return undefined;
  const printed = settingsOfVariables(seen.variables, profileOf(made.release));
  if (printed === undefined) return undefined;
  const own = valuesOf(made.settings);
  return (Object.keys(printed) as SettingKey[]).filter((key) => !isSameValue({ ...own, ...printed } as SettingValues, own, key));
}

export const otherVariables: Check = (subject) => {
  const { seen, made } = subject;
  const keys = printedOtherwise(subject) ?? [];
  // Of rules that no known release makes, the settings are guessed.
  if (keys.length === 0 || isOlderIstio(seen) || made === undefined || seen.variables === undefined) return [];
  const printed = settingsOfVariables(seen.variables, profileOf(made.release)) ?? {};
  const expected = printedValues(
    Object.fromEntries(
      Object.entries(made.settings).map(([key, of]) => [key, { ...of, ...(key in printed && { value: printed[key as SettingKey] }) }]),
    ) as never,
  );
  const found = printedValues(made.settings);
  const differences = keys.map((key) => `${key} ${valueText(expected(key))}, and the rules are of ${valueText(found(key))}`);
  return [{ code: 'other-variables', args: { differences: differences.join('; ') } }];
};
