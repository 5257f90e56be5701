/** Whether a release injects the proxy as a native sidecar: an init container that restarts always. */

import type { Profile } from '../../releases/profile.ts';
import type { PodTemplate } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';

const ANNOTATION = 'sidecar.istio.io/nativeSidecar';
/** Kubernetes has native sidecars by default since. */
const SINCE_MINOR = 33;

/** `nodes` is the version of the oldest kubelet, `v1.34.1`; without it the nodes are taken for older ones. */
export function isNativeSidecar({ annotations }: PodTemplate, { values }: Mesh, { has }: Profile, nodes?: string): boolean {
  if (!has('injectsNativeSidecars')) return false;
  const own = has('nativeByAnnotation') ? annotations.get(ANNOTATION)?.value : undefined;
  const asked = own === undefined ? undefined : truthOf(own, has('nativeByNodes'));
  if (asked !== undefined) return asked;
  const istiod = values.get('pilot.env.ENABLE_NATIVE_SIDECARS')?.value;
  if (istiod === 'true' || istiod === 'false') return istiod === 'true';
  return has('nativeByNodes') && Number(/^v?1\.(\d+)/.exec(nodes ?? '')?.[1] ?? 0) >= SINCE_MINOR;
}

/** An annotation: up to 1.26 only two texts count. */
function truthOf(text: string, inWords: boolean): boolean | undefined {
  const word = inWords ? text.toLowerCase() : text;
  if ((inWords ? ['y', 'yes', 'true', 'on'] : ['true']).includes(word)) return true;
  return (inWords ? ['n', 'no', 'false', 'off'] : ['false']).includes(word) ? false : undefined;
}
