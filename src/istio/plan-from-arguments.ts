/** The shortest way from istio-iptables arguments to a plan. */

import { readArguments } from './argument-settings.ts';
import type { Facts } from './facts.ts';
import type { Environment } from './given.ts';
import type { CapturePlan } from './plan.ts';
import { planFor } from './plan.ts';
import { ProblemError, problem, quoted } from './problems.ts';
import { NEWEST, RELEASES, readRelease } from './releases/known.ts';
import { profileOf } from './releases/profile.ts';

/** What istio-iptables would find around it. */
export interface PlanOptions extends Facts {
  /** Its environment; nothing of this process's own is ever read. */
  readonly env?: Environment;
  /** `1.23`, `1.23.4`, ...; the newest known release where none is named. */
  readonly release?: string;
}

/**
 * The plan that a release's istio-iptables makes of arguments (`['-p', '15001', '-b', '*']`).
 * Warnings are in `plan.problems`. Throws a ProblemError where that program, or iptables after it,
 * would fail: an unknown flag, a port above 65535, an unknown release.
 */
export function planFromArguments(args: readonly string[], options: PlanOptions = {}): CapturePlan {
  const { env = {}, release = NEWEST, ...facts } = options;
  const source = { kind: 'option', option: 'release' } as const;
  const read = readRelease(release);
  if ('unknown' in read) throw new ProblemError([problem('unknown-release', source, { value: quoted(release), allowed: `${RELEASES[0]} to ${NEWEST}` })]);
  const given = readArguments(args, env, profileOf(read.release), facts);
  const plan = planFor(given.settings, read.release, facts, given.switches);
  const patch = 'insteadOf' in read ? [problem('unknown-patch', source, { value: read.insteadOf, instead: read.release })] : [];
  return { ...plan, problems: [...patch, ...given.problems, ...plan.problems] };
}
