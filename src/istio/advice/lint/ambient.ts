/** Pods of ambient mode: ztunnel, which has no sidecar's settings. */

import type { WorkloadSubject } from './subject.ts';

const MODE = 'istio.io/dataplane-mode';

/** What ambient mode reads in place of a sidecar's annotations (istio.io, "Ambient mode", and cni/pkg). */
export const READ_IN_AMBIENT =
  'ambient.istio.io/bypass-inbound-capture, ambient.istio.io/dns-capture, istio.io/reroute-virtual-interfaces, and the label istio.io/dataplane-mode: none';

/** Whether a pod without a sidecar is in ambient mode: by what the node agent wrote, by its own label, or by that of its namespace. */
export function isInAmbient({ workload, mesh, made }: WorkloadSubject): boolean {
  if (made?.injection.kind !== 'none') return false;
  if (made.injection.reason === 'ambient') return true;
  if (made.injection.reason !== 'not asked for') return false;
  const asked = workload.pod.labels.get(MODE) ?? mesh.namespaces.get(workload.namespace)?.labels.get(MODE);
  return asked?.value === 'ambient';
}
