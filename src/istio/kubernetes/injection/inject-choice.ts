/** What a pod says of its own injection: `sidecar.istio.io/inject`. */

import type { Sourced } from '../../origin.ts';
import type { Profile } from '../../releases/profile.ts';
import type { PodTemplate } from '../manifest/workload.ts';

const INJECT = 'sidecar.istio.io/inject';

export interface InjectChoice extends Sourced<string> {
  readonly at: 'label' | 'annotation';
  /** `nothing`: an empty text, and from some release on every text but two; the namespace decides, as if nothing were said. */
  readonly means: 'yes' | 'no' | 'nothing';
}

/** The label or annotation that counts at a release; undefined where there is none. */
export function injectChoice({ labels, annotations }: PodTemplate, profile: Profile): InjectChoice | undefined {
  const named = profile.has('injectsByLabel') ? labels.get(INJECT) : undefined;
  const label = profile.has('injectsByOwnSelectors') || named?.value === 'false' ? named : undefined;
  // If both are there the label is preferred.
  const given = label ?? annotations.get(INJECT);
  return given && { ...given, at: given === label ? 'label' : 'annotation', means: meaningOf(given.value, profile) };
}

/** `injectRequired` in `pkg/kube/inject/inject.go`. */
function meaningOf(text: string, { has }: Profile): InjectChoice['means'] {
  if (text === '') return 'nothing';
  if (has('readsInjectStrictly')) return text === 'true' ? 'yes' : text === 'false' ? 'no' : 'nothing';
  return ['y', 'yes', 'true', 'on'].includes(text.toLowerCase()) ? 'yes' : 'no';
}
