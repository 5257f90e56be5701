/** The ConfigMaps that hold what a mesh is installed with, known by their names. */

import type { YamlNode } from '../../yaml.ts';
import { field, isNull, textOf } from '../../yaml-fields.ts';

/** A key below `data`. */
export type MeshData = 'mesh' | 'merged-values' | 'config' | 'values';

/** What the ConfigMap of each is called, with a revision behind it or not (`istio-1-28`). */
const MAPS: readonly { readonly key: MeshData; readonly map: RegExp }[] = [
  { key: 'mesh', map: /^istio(?:-|$)/ },
  { key: 'merged-values', map: /^values(?:-|$)/ },
  { key: 'config', map: /^istio-(?:sidecar-injector|inject)(?:-|$)/ },
  { key: 'values', map: /^istio-sidecar-injector(?:-|$)/ },
];

/** The texts of a ConfigMap that are a mesh's; none of one that is not Istio's. */
export function meshTexts(object: YamlNode): readonly { readonly key: MeshData; readonly text: YamlNode }[] {
  const name = textOf(field(object, 'metadata', 'name')) ?? '';
  return MAPS.flatMap(({ key, map }) => {
    const text = map.test(name) ? field(object, 'data', key) : undefined;
    return text === undefined || isNull(text) ? [] : [{ key, text }];
  });
}

/** Whether the ConfigMap is one of Istio's. */
export function isMeshConfigMap(object: YamlNode): boolean {
  return meshTexts(object).length > 0;
}
