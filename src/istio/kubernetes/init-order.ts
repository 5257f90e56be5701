/** What stands when an init container of the application runs: no rules yet, or rules and no proxy. */

import { profileOf } from '../releases/profile.ts';
import type { NativeSidecar } from './injection/native-sidecar.ts';
import { nativeSidecar } from './injection/native-sidecar.ts';
import type { Container } from './manifest/workload.ts';
import type { Mesh } from './mesh/mesh.ts';
import type { WorkloadInjection } from './workload-injection.ts';

/** Those that Istio puts there. */
export const ISTIO_CONTAINERS: readonly string[] = ['istio-proxy', 'istio-init', 'istio-validation', 'enable-core-dump'];

export interface InitOrder {
  /** They run before the rules are made. */
  readonly beforeRules: readonly Container[];
  /** They run while there are rules and nobody listens where those lead. */
  readonly beforeProxy: readonly Container[];
  /** Whether there are none of either after all. */
  readonly native: NativeSidecar;
}

/**
 * The init container of Istio comes last (`reorderPod` in pkg/kube/inject/webhook.go), unless the proxy is a native sidecar:
 * then it comes first and the proxy behind it. The CNI plugin makes its rules before any container starts.
 */
export function initOrderOf({ workload: { pod }, injection, found, release }: WorkloadInjection, mesh: Mesh): InitOrder {
  const all = pod.initContainers;
  const cni = injection.kind === 'arguments' && injection.installer === 'cni';
  const native = found ? 'no' : nativeSidecar(pod, mesh, profileOf(release.value));
  if (native === 'yes') return { beforeRules: [], beforeProxy: [], native };
  // Not injected yet: an init container of Istio goes behind all others.
  if (!found) return { beforeRules: cni ? [] : others(all), beforeProxy: cni ? others(all) : [], native };
  const rules = cni ? -1 : all.findIndex(({ name }) => name.value === 'istio-init');
  const proxy = all.findIndex(({ name, restartPolicy }) => name.value === 'istio-proxy' && restartPolicy === 'Always');
  return {
    beforeRules: others(all.slice(0, Math.max(rules, 0))),
    beforeProxy: others(all.slice(rules + 1, proxy < 0 ? all.length : proxy)),
    native,
  };
}

function others(some: readonly Container[]): readonly Container[] {
  return some.filter(({ name }) => !ISTIO_CONTAINERS.includes(name.value));
}
