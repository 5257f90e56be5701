/** The pod of which nothing is said: what a mesh makes of it is what the mesh's own values say. */

import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import type { Origin } from '../../istio/origin.ts';

/** A Pod with one container that declares no ports. */
export function defaultPod(): Workload {
  const source: Origin = { kind: 'option', option: '--values' };
  const ids = { supplementalGroups: [] };
  const container = { name: { value: 'app', source }, command: [], args: [], env: new Map(), envFrom: [], ports: [], ids };
  return {
    kind: 'Pod',
    namespace: 'default',
    name: 'ordinary',
    source,
    annotations: new Map(),
    pod: {
      source,
      annotations: new Map(),
      labels: new Map(),
      hostNetwork: false,
      ids,
      containers: [container],
      initContainers: [],
      addresses: [],
    },
  };
}
