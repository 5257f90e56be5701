/** A pod, or the template of one. */

import type { YamlNode } from '../yaml.ts';
import { sourceOf, textOf } from '../yaml-fields.ts';
import { readContainers, readIds } from './container.ts';
import type { Fields, Reading } from './reading.ts';
import { booleanOf, fieldsOf, itemsOf, textsOf } from './reading.ts';
import type { PodTemplate } from './workload.ts';

/** Reads what has `metadata`, `spec` and, where it lives already, `status`. */
export function readPod(node: YamlNode, fields: Fields, metadata: Fields, reading: Reading): PodTemplate {
  const spec = fieldsOf(fields.get('spec')?.value, 'spec', reading);
  const nameservers = nameserversOf(spec, reading);
  return {
    source: sourceOf(node, reading.file),
    annotations: textsOf(metadata.get('annotations')?.value, 'annotations', reading),
    labels: textsOf(metadata.get('labels')?.value, 'labels', reading),
    hostNetwork: booleanOf(spec.get('hostNetwork')?.value, 'hostNetwork', reading),
    ids: readIds(spec.get('securityContext')?.value, reading),
    containers: readContainers(spec.get('containers')?.value, 'containers', reading),
    initContainers: readContainers(spec.get('initContainers')?.value, 'initContainers', reading),
    addresses: addressesOf(fields.get('status')?.value, reading),
    ...(nameservers === undefined ? {} : { nameservers }),
  };
}

function addressesOf(node: YamlNode | undefined, reading: Reading): readonly string[] {
  const status = fieldsOf(node, 'status', reading);
  const listed = itemsOf(status.get('podIPs')?.value, 'podIPs', reading).flatMap(
    (item) => textOf(fieldsOf(item, 'an item of podIPs', reading).get('ip')?.value) ?? [],
  );
  return listed.length > 0 ? listed : [textOf(status.get('podIP')?.value) ?? []].flat();
}

function nameserversOf(spec: Fields, reading: Reading): readonly string[] | undefined {
  if (textOf(spec.get('dnsPolicy')?.value) !== 'None') return undefined;
  const config = fieldsOf(spec.get('dnsConfig')?.value, 'dnsConfig', reading);
  return itemsOf(config.get('nameservers')?.value, 'nameservers', reading).flatMap((server) => textOf(server) ?? []);
}
