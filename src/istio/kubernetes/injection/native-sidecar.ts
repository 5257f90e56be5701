/** Whether the proxy of a pod becomes a native sidecar: an init container that restarts always, before those of the application. */

import type { Profile } from '../../releases/profile.ts';
import type { PodTemplate } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';

const NATIVE_SIDECAR = 'sidecar.istio.io/nativeSidecar';

/** `by kubelet`: where the nodes' kubelet is 1.33 or newer (`DetectNativeSidecar` in pkg/kube/inject). */
export type NativeSidecar = 'yes' | 'no' | 'by kubelet';

/** The annotation decides before the variable of istiod, and that before the release's default. */
export function nativeSidecar({ annotations }: PodTemplate, { values }: Mesh, { has }: Profile): NativeSidecar {
  if (!has('injectsNativeSidecars')) return 'no';
  const byDefault = has('nativeSidecarsByDefault');
  const annotation = has('nativeSidecarsByAnnotation') ? annotations.get(NATIVE_SIDECAR)?.value : undefined;
  // The older template asks for "true", and an empty annotation hides the variable from it; the newer one asks for anything but "false".
  if (annotation !== undefined && !byDefault) return annotation === 'true' ? 'yes' : 'no';
  if (annotation !== undefined && annotation !== '') return annotation === 'false' ? 'no' : 'yes';
  const variable = values.get('pilot.env.ENABLE_NATIVE_SIDECARS')?.value.toLowerCase();
  if (variable === 'true') return 'yes';
  return byDefault && variable !== 'false' ? 'by kubelet' : 'no';
}
