/** The pod of the page's fields, as a manifest that can be copied. */

import type { AnnotationName } from '../../istio/kubernetes/annotations.ts';
import { ANNOTATIONS } from '../../istio/kubernetes/annotations.ts';
import { writeYaml } from '../../istio/yaml.ts';
import type { PodFields } from '../question.ts';

export function podYaml({ annotations }: Pick<PodFields, 'annotations'>): string {
  const given = Object.entries(annotations).flatMap(([name, value]) =>
    value === '' ? [] : [[ANNOTATIONS[name as AnnotationName].key, value]],
  );
  return writeYaml({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'ordinary', ...(given.length > 0 && { annotations: Object.fromEntries(given) }) },
    spec: { containers: [{ name: 'app', image: 'app' }] },
  });
}
