/** From our YAML and `--set` to a plan. */

import type { Sourced } from '../origin.ts';
import type { CapturePlan } from '../plan/plan.ts';
import { planFor, withProblems } from '../plan/plan.ts';
import { throwErrors } from '../problems.ts';
import { profileOf } from '../releases/profile.ts';
import { resolveRelease } from '../releases/resolve-release.ts';
import type { Facts } from '../settings/facts.ts';
import { withSets } from '../settings/setting-texts.ts';
import type { Settings } from '../settings/settings.ts';
import type { SidecarFile } from '../settings/sidecar-file.ts';
import { injectedSettings } from './ordinary-injection.ts';

export interface SettingsRequest {
  readonly file?: SidecarFile;
  /** `KEY=VALUE`, laid over the file in their order. */
  readonly sets?: readonly string[];
  /** Beats the release that the file names. */
  readonly release?: Sourced<string>;
  readonly facts?: Facts;
}

/**
 * The plan of settings: those of a default pod, with a file and single values laid over them.
 * Throws a ProblemError that carries everything that is wrong.
 */
export function planFromSettings({ file, sets = [], release: named, facts = {} }: SettingsRequest): CapturePlan {
  const { release, problems } = resolveRelease(named ?? file?.release);
  const base = Object.assign({ ...injectedSettings(profileOf(release)) }, file?.overrides) as Settings;
  const { settings, problems: ofSets } = withSets(base, sets);
  const all = [...(file?.problems ?? []), ...ofSets];
  throwErrors(all);
  const plan = planFor(settings, release, facts);
  return withProblems(plan, [...problems, ...all]);
}
