/** Objects that say something of the pods beside them: ProxyConfig (networking.istio.io) and Namespace. */

import { problem } from '../../problems.ts';
import type { YamlNode } from '../../yaml.ts';
import { isNull, sourceOf, textOf } from '../../yaml-fields.ts';
import type { NamespaceResource, ProxyConfigResource } from './mesh-resources.ts';
import { nameOf, textsOfObject } from './object.ts';
import type { Fields, Reading } from './reading.ts';
import { fieldsOf, textsOf } from './reading.ts';

/** Reads a ProxyConfig; undefined, with a warning, where it touches no pod. */
export function readProxyConfig(node: YamlNode, fields: Fields, reading: Reading): ProxyConfigResource | undefined {
  const metadata = fieldsOf(fields.get('metadata')?.value, 'metadata', reading);
  const spec = fieldsOf(fields.get('spec')?.value, 'spec', reading);
  const selected = spec.get('selector')?.value;
  const selector = fieldsOf(selected, 'selector', reading);
  const labels = textsOf(selector.get('matchLabels')?.value, 'matchLabels', reading);
  // Only a ProxyConfig without any selector is for all pods (istio pilot/pkg/model/proxy_config.go, mergedNamespaceConfig).
  if (selected !== undefined && !isNull(selected) && labels.size === 0) {
    reading.problems.push(problem('selects-nothing', sourceOf(selected, reading.file), { value: `ProxyConfig ${nameOf(metadata).name}` }));
    return undefined;
  }
  const created = textOf(metadata.get('creationTimestamp')?.value);
  return {
    ...nameOf(metadata),
    selector: new Map([...labels].map(([name, { value }]) => [name, value])),
    ...(created === undefined ? {} : { created }),
    layer: {
      source: sourceOf(node, reading.file),
      metadata: textsOf(spec.get('environmentVariables')?.value, 'environmentVariables', reading),
    },
  };
}

export function readNamespace(
  node: YamlNode,
  fields: Fields,
  reading: Reading,
): { readonly name: string; readonly resource: NamespaceResource } {
  const metadata = fieldsOf(fields.get('metadata')?.value, 'metadata', reading);
  return { name: nameOf(metadata).name, resource: { source: sourceOf(node, reading.file), ...textsOfObject(metadata, reading) } };
}
