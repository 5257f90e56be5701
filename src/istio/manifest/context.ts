/** Objects that say something of the pods beside them: ProxyConfig (networking.istio.io) and Namespace. */

import type { NamespaceResource, ProxyConfigResource } from '../mesh/mesh.ts';
import type { YamlNode } from '../yaml.ts';
import { sourceOf, textOf } from '../yaml-fields.ts';
import { nameOf, textsOfObject } from './object.ts';
import type { Fields, Reading } from './reading.ts';
import { fieldsOf, textsOf } from './reading.ts';

export function readProxyConfig(node: YamlNode, fields: Fields, reading: Reading): ProxyConfigResource {
  const metadata = fieldsOf(fields.get('metadata')?.value, 'metadata', reading);
  const spec = fieldsOf(fields.get('spec')?.value, 'spec', reading);
  const selector = fieldsOf(spec.get('selector')?.value, 'selector', reading);
  const labels = textsOf(selector.get('matchLabels')?.value, 'matchLabels', reading);
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

export function readNamespace(fields: Fields, reading: Reading): { readonly name: string; readonly resource: NamespaceResource } {
  const metadata = fieldsOf(fields.get('metadata')?.value, 'metadata', reading);
  return { name: nameOf(metadata).name, resource: textsOfObject(metadata, reading) };
}
