/** What stands among the manifests and belongs to the mesh. */

import type { ManifestItem } from '../manifest/item.ts';
import type { NamespaceResource, ProxyConfigResource } from '../manifest/mesh-resources.ts';
import type { Mesh } from './mesh.ts';

export type ContextItem = Extract<ManifestItem, { readonly kind: 'proxy config' | 'namespace' }>;

/**
 * The mesh with ProxyConfig and Namespace resources added; one of the same name takes the place of the earlier.
 * Costs a copy of what is known: give many items at once.
 */
export function withContext(mesh: Mesh, ...items: readonly ContextItem[]): Mesh {
  const resources = items.flatMap((item) => (item.kind === 'proxy config' ? [item.resource] : []));
  const spaces = items.flatMap((item): [string, NamespaceResource][] => (item.kind === 'namespace' ? [[item.name, item.resource]] : []));
  return {
    ...mesh,
    ...(resources.length === 0 ? {} : { proxyConfigs: withResources(mesh.proxyConfigs, resources) }),
    ...(spaces.length === 0 ? {} : { namespaces: new Map([...mesh.namespaces, ...spaces]) }),
  };
}

function withResources(known: readonly ProxyConfigResource[], added: readonly ProxyConfigResource[]): readonly ProxyConfigResource[] {
  const byName = new Map([...known, ...added].map((resource) => [`${resource.namespace}/${resource.name}`, resource]));
  return [...byName.values()];
}
