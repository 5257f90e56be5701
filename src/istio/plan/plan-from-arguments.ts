/** The shortest way from istio-iptables arguments to a plan. */

import { readArguments } from '../arguments/argument-settings.ts';
import type { Environment } from '../arguments/effective-values.ts';
import type { Origin } from '../origin.ts';
import { profileOf } from '../releases/profile.ts';
import { resolveRelease } from '../releases/resolve-release.ts';
import type { Facts } from '../settings/facts.ts';
import type { CapturePlan } from './plan.ts';
import { withProblems } from './plan.ts';
import { planOf } from './plan-of.ts';

/** What istio-iptables would find around it. */
export interface PlanOptions extends Facts {
  /** Its environment; nothing of this process's own is ever read. */
  readonly env?: Environment;
  /** `1.23`, `1.23.4`, ...; the newest known release where none is named. */
  readonly release?: string;
  /** Where the release's name came from, for messages. */
  readonly releaseSource?: Origin;
}

/**
 * The plan that a release's istio-iptables makes of arguments (`['-p', '15001', '-b', '*']`).
 * Warnings are in `plan.problems`. Throws a ProblemError where that program, or iptables after it,
 * would fail: an unknown flag, a port above 65535, an unknown release.
 */
export function planFromArguments(args: readonly string[], options: PlanOptions = {}): CapturePlan {
  const { env = {}, release: named, releaseSource = { kind: 'option', option: 'release' }, ...facts } = options;
  const { release, problems } = resolveRelease(named === undefined ? undefined : { value: named, source: releaseSource });
  const given = readArguments(args, env, profileOf(release), facts);
  const plan = planOf(given, release, facts);
  return withProblems(plan, [...problems, ...given.problems]);
}
