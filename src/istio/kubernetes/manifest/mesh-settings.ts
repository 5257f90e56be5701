/** What belongs to `--values` and is given among the manifests. */

import type { YamlNode } from '../../yaml.ts';
import { field, textOf } from '../../yaml-fields.ts';
import { meshConfigKey, valuesKey } from './chart-keys.ts';
import { isMeshConfigMap } from './mesh-config-maps.ts';

/** Says what a document without a kind is, where it is none of Kubernetes'. */
export function kindlessSettings(document: YamlNode): string | undefined {
  if (field(document, 'apiVersion') !== undefined) return undefined;
  const [values, config] = [valuesKey(document), meshConfigKey(document)];
  if (values !== undefined) return `Helm values (${values})`;
  return config === undefined ? undefined : `a MeshConfig (${config})`;
}

/** The Sail operator's kinds; their older API was operator.istio.io. */
const SAIL: ReadonlyMap<string, string> = new Map([
  ['Istio', 'an Istio resource'],
  ['IstioRevision', 'an IstioRevision'],
  ['IstioCNI', 'an IstioCNI'],
]);

/** Says what an object is, where it holds what a mesh is installed with. */
export function settingsObject(object: YamlNode, kind: string, group: string): string | undefined {
  if (kind === 'IstioOperator') return 'an IstioOperator';
  if (kind === 'MeshConfig') return 'a MeshConfig';
  if (/(?:^|\.)(?:istio|sailoperator)\.io$/.test(group)) return SAIL.get(kind);
  return kind === 'ConfigMap' && isMeshConfigMap(object) ? `the ConfigMap ${textOf(field(object, 'metadata', 'name'))}` : undefined;
}
