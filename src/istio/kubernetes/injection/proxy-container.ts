/** The proxy among a pod's containers. */

import type { Container, PodTemplate } from '../manifest/workload.ts';

/** The container istio-proxy; a native sidecar is an init container. */
export function proxyContainer({ containers, initContainers }: Pick<PodTemplate, 'containers' | 'initContainers'>): Container | undefined {
  return [...containers, ...initContainers].find(({ name }) => name.value === 'istio-proxy');
}
