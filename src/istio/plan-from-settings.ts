/** From our YAML and `--set` to a plan. */

import type { Facts } from './facts.ts';
import { injectedSettings } from './injection.ts';
import type { CapturePlan } from './plan.ts';
import { planFor, withProblems } from './plan.ts';
import { ProblemError } from './problems.ts';
import { profileOf } from './releases/profile.ts';
import { resolveRelease } from './resolve-release.ts';
import { readSetOption } from './setting-texts.ts';
import type { Settings } from './settings.ts';
import type { SidecarFile } from './sidecar-file.ts';
import type { Sourced } from './source.ts';

export interface SettingsRequest {
  readonly file?: SidecarFile;
  /** `KEY=VALUE`, laid over the file in their order. */
  readonly sets?: readonly string[];
  /** Beats the release that the file names. */
  readonly release?: Sourced<string>;
  readonly facts?: Facts;
}

/**
 * The plan of settings: those of an ordinary injected pod, with a file and single values laid over them.
 * Throws a ProblemError that carries everything that is wrong.
 */
export function planFromSettings({ file, sets = [], release: named, facts = {} }: SettingsRequest): CapturePlan {
  const { release, problems } = resolveRelease(named ?? file?.release);
  const given = sets.map(readSetOption);
  const wrong = [...(file?.problems ?? []), ...given.flatMap((set) => set.problems)];
  if (wrong.length > 0) throw new ProblemError(wrong);
  const settings = Object.assign(
    { ...injectedSettings(profileOf(release)) },
    file?.overrides,
    ...given.map(({ overrides }) => overrides),
  ) as Settings;
  const plan = planFor(settings, release, facts);
  return withProblems(plan, problems);
}
