/** Which ProxyConfig resources count for a workload. */

import { grouped } from '../../../netfilter/grouped.ts';
import type { ProxyConfigLayer, ProxyConfigResource } from '../manifest/mesh-resources.ts';
import type { Workload } from '../manifest/workload.ts';
import type { Mesh } from './mesh.ts';

export interface ResourcesFor {
  readonly root?: ProxyConfigLayer | undefined;
  readonly namespace?: ProxyConfigLayer | undefined;
  /** The one that selects the workload by its labels. */
  readonly selected?: ProxyConfigLayer | undefined;
}

/** One resource at most for each scope: the oldest, and of equally old ones the first by name. Those of the root namespace that select pods count only in it. */
export function resourcesFor(mesh: Mesh, { namespace, pod }: Workload): ResourcesFor {
  const all = (of: string): ProxyConfigLayer | undefined => inAge(mesh, of).find(({ selector }) => selector.size === 0)?.layer;
  const selects = ({ selector }: ProxyConfigResource): boolean =>
    selector.size > 0 && [...selector].every(([name, value]) => pod.labels.get(name)?.value === value);
  return {
    root: all(mesh.rootNamespace),
    namespace: namespace === mesh.rootNamespace ? undefined : all(namespace),
    selected: inAge(mesh, namespace).find(selects)?.layer,
  };
}

const BY_NAMESPACE = new WeakMap<Mesh['proxyConfigs'], ReadonlyMap<string, readonly ProxyConfigResource[]>>();

/** The resources of a namespace, the oldest first; sorted once for all workloads. */
function inAge({ proxyConfigs }: Mesh, namespace: string): readonly ProxyConfigResource[] {
  let sorted = BY_NAMESPACE.get(proxyConfigs);
  if (sorted === undefined) {
    sorted = grouped([...proxyConfigs].sort(byAge), (one) => one.namespace);
    BY_NAMESPACE.set(proxyConfigs, sorted);
  }
  return sorted.get(namespace) ?? [];
}

/** Times as Kubernetes writes them are ordered as texts; what was never in a cluster is the youngest. */
function byAge(a: ProxyConfigResource, b: ProxyConfigResource): number {
  const [left, right] = [a.created ?? '~', b.created ?? '~'];
  if (left !== right) return left < right ? -1 : 1;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
