/** Settings that nothing of what could be read tells: rules that would show them could not be read. That none are seen is no sign that there are none. */

import type { Observation } from '../../../netfilter/observation.ts';
import type { SettingKey, SettingValues } from '../../settings/settings.ts';
import { kindsOf } from './describe.ts';
import type { NonDefault } from './plausibility.ts';
import type { Proposal } from './proposal.ts';
import { ordinaryValues } from './proposal.ts';
import { rate, textOf } from './rating.ts';

/** The proposal with the values of a default pod in place of empty lists that may as well be those, and which these are. */
export function withoutGuesses(
  observed: Observation,
  releases: readonly string[],
  proposal: Proposal,
  { settings }: NonDefault,
): { readonly proposal: Proposal; readonly notKnown: readonly SettingKey[] } {
  const newest = kindsOf(releases).at(-1);
  const empty = settings.filter((key) => Array.isArray(proposal.values[key]) && proposal.values[key].length === 0);
  if (newest === undefined || empty.length === 0) return { proposal, notKnown: [] };
  const ordinary = ordinaryValues(newest.profile);
  const same = textOf(rate(observed, newest, proposal));
  const withOrdinary = (keys: readonly SettingKey[]): Proposal => ({
    ...proposal,
    values: { ...proposal.values, ...Object.fromEntries(keys.map((key) => [key, ordinary[key]])) } as SettingValues,
  });
  const notKnown = empty.filter((key) => textOf(rate(observed, newest, withOrdinary([key]))) === same);
  return { proposal: withOrdinary(notKnown), notKnown };
}
