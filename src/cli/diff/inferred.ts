/** The other side of a diff where none is named: what made the rules, or comes nearest to it. */

import type { Release } from '../../istio/releases/known.ts';
import { position } from '../../istio/releases/known.ts';
import { observeAll } from '../../netfilter/observation.ts';
import type { Side } from '../side.ts';
import { badOption } from '../talk.ts';
import type { NamedSide } from './sides.ts';

/** What `identify` finds for rules. Throws a ProblemError where none of them are those of a sidecar. */
export async function inferredSide(found: Side): Promise<NamedSide> {
  const { identify } = await import('../../istio/identify.ts');
  const { outcome, answers } = identify(found.seen);
  const [likeliest] = answers;
  if (outcome === 'none' || likeliest === undefined)
    throw badOption(found.name, 'no rules of an Istio sidecar are there; name the other side, as in diff FILE @1.23');
  const { plan, releases } = likeliest;
  const words =
    outcome === 'exact'
      ? 'makes exactly the rules of Istio on the left'
      : 'the nearest to the rules of Istio on the left, which no release makes';
  return {
    name: `Istio ${rangesText(releases)}, inferred: ${words}`,
    seen: observeAll(plan),
    plan,
    problems: plan.problems,
    notes: [],
    inferred: outcome,
  };
}

/** `1.7.0 to 1.9.5, 1.10.0`: releases of which each is the next one, in one. */
function rangesText(releases: readonly Release[]): string {
  const ranges: [Release, Release][] = [];
  for (const release of releases) {
    const range = ranges.at(-1);
    if (range !== undefined && position(release) === position(range[1]) + 1) range[1] = release;
    else ranges.push([release, release]);
  }
  return ranges.map(([first, last]) => (first === last ? first : `${first} to ${last}`)).join(', ');
}
