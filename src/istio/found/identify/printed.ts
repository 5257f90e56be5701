/** What the log beside the rules says that their maker was told. */

import type { Observation } from '../../../netfilter/observation.ts';
import { settingsOfVariables } from '../../arguments/printed-variables.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Proposal } from './proposal.ts';

/** Readings of the rules with what was printed in its place: it tells what leaves no trace, and how a list was ordered. */
export function asPrinted({ variables }: Observation, readings: readonly Proposal[], profile: Profile): readonly Proposal[] {
  const [first] = readings;
  const values = variables === undefined ? undefined : settingsOfVariables(variables, profile);
  return first === undefined || values === undefined ? [] : [{ ...first, values: { ...first.values, ...values } }];
}
