/** ProxyConfigs and Namespaces that come after workloads they touch, where not all could be looked for first. */

import type { ManifestItem } from '../../istio/kubernetes/manifest/item.ts';
import { NO_MESH } from '../../istio/kubernetes/mesh/mesh.ts';
import type { Problem } from '../../istio/problems.ts';
import { problem } from '../../istio/problems.ts';

export class LateContext {
  readonly #rootNamespace: string;
  readonly #seen = new Set<string>();
  /** Files and kinds that were warned of: a cluster has hundreds of Namespaces. */
  readonly #warned = new Set<string>();

  constructor(rootNamespace = NO_MESH.rootNamespace) {
    this.#rootNamespace = rootNamespace;
  }

  /** A warning for an item that comes too late; the first of each kind in a file. */
  check(item: ManifestItem, file: string): Problem | undefined {
    if (item.kind === 'workload') this.#seen.add(item.workload.namespace);
    if (item.kind === 'row') for (const { workload } of item.kin) this.#seen.add(workload.namespace);
    const what = this.#late(item);
    if (what === undefined || this.#warned.has(`${item.kind} ${file}`)) return undefined;
    this.#warned.add(`${item.kind} ${file}`);
    return problem('late-context', { kind: 'file', file, line: 0, column: 0 }, { value: what });
  }

  #late(item: ManifestItem): string | undefined {
    if (item.kind === 'namespace') return this.#seen.has(item.name) ? `Namespace ${item.name}` : undefined;
    if (item.kind !== 'proxy config') return undefined;
    const { namespace, name } = item.resource;
    const touches = namespace === this.#rootNamespace ? this.#seen.size > 0 : this.#seen.has(namespace);
    return touches ? `ProxyConfig ${namespace}/${name}` : undefined;
  }
}
