/** The variables that a release's istio-iptables reads. */

import { ARGUMENTS, ENVIRONMENT, environmentOf, isKnown } from '../../arguments/arguments.ts';
import type { Profile } from '../../releases/profile.ts';

/** Their names: each flag has one, and some stand for themselves. */
export function variablesOf(profile: Profile): readonly string[] {
  const known = ARGUMENTS.filter((argument) => isKnown(argument, profile));
  const ofFlags = known.flatMap((argument) => (profile.has('shellProgram') ? (argument.shellEnvironment ?? []) : environmentOf(argument)));
  return [...ofFlags, ...Object.values(ENVIRONMENT)];
}
