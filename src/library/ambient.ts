/** What the node agent of the ambient mode makes, of its knobs or of manifests. */

import { badOption } from '../istio/bad-option.ts';
import type { AmbientPlan } from '../istio/plan/ambient/ambient-plan.ts';
import { planAmbient as planOfKnobs } from '../istio/plan/ambient/ambient-plan.ts';
import type { AmbientKnobs } from '../istio/plan/ambient/knobs.ts';
import { fields, text } from './checked.ts';
import type { PlanInput } from './plan.ts';
import { chosenWorkload, isAmbient, nameOf } from './plan.ts';

type AmbientOptions = NonNullable<Parameters<typeof planOfKnobs>[1]>;

/**
 * The plan of the agent of a release, over what `before` says was there: nothing, where it is left out. Throws a ProblemError for
 * knobs that are none or that the release does not know, and an AmbientFailure, which has what is left, where the agent fails.
 */
export function planAmbient(knobs: AmbientKnobs = {}, options: AmbientOptions = {}): AmbientPlan {
  fields('knobs', knobs, KNOBS);
  const { release } = fields('options', options, ['release', 'releaseSource', 'before']);
  if (release !== undefined) text('release', release);
  return planOfKnobs(knobs, options);
}

const KNOBS = Object.keys({
  backend: true,
  where: true,
  ipv6: true,
  dns: true,
  tproxy: true,
  ingress: true,
  virtualInterfaces: true,
  podDNS: true,
  reconcile: true,
  probeV4: true,
  probeV6: true,
  podIPs: true,
  kubelet: true,
  steps: true,
} satisfies Record<keyof AmbientKnobs, true>) as (keyof AmbientKnobs)[];

/**
 * The plan of the node agent for a workload of the ambient mode. Throws a ProblemError where the workload is not in it, or the
 * release's agent makes no rules in pods; and an AmbientFailure as `planAmbient` does.
 */
export function planAmbientWorkload(input: Pick<PlanInput, 'manifests' | 'workload' | 'values' | 'release'>): AmbientPlan {
  const given = fields('planAmbientWorkload', input, ['manifests', 'workload', 'values', 'release']);
  const { workload, made } = chosenWorkload(given);
  const { injection, release } = made;
  if (injection.kind === 'none' && injection.knobs !== undefined)
    return planOfKnobs(injection.knobs, { release: release.value, releaseSource: release.source });
  const why = isAmbient(injection) ? `Istio ${release.value}'s node agent makes no rules in pods` : 'it is not in ambient mode';
  throw badOption('manifests', `${nameOf(workload)} gets no rules of the node agent: ${why}`);
}
