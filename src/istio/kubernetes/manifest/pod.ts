/** A pod, or the template of one. */

import type { YamlNode } from '../../yaml.ts';
import { field, sourceOf, textOf } from '../../yaml-fields.ts';
import { readContainers, readIds } from './container.ts';
import { endedContainers, unendedContainers } from './ended.ts';
import type { Fields, Reading } from './reading.ts';
import { booleanOf, fieldsOf, itemsOf, textsOf } from './reading.ts';
import type { PodTemplate } from './workload.ts';

/** Reads what has `metadata`, `spec` and, where it lives already, `status`. */
export function readPod(node: YamlNode, fields: Fields, metadata: Fields, reading: Reading): PodTemplate {
  const spec = fieldsOf(fields.get('spec')?.value, 'spec', reading);
  const nameservers = nameserversOf(spec, reading);
  const network = spec.get('hostNetwork');
  const seccomp = textOf(field(spec.get('securityContext')?.value, 'seccompProfile', 'type'));
  const initContainers = readContainers(spec.get('initContainers')?.value, 'initContainers', reading);
  const initNames = initContainers.map(({ name }) => name.value);
  return {
    source: sourceOf(node, reading.file),
    annotations: textsOf(metadata.get('annotations')?.value, 'annotations', reading),
    labels: textsOf(metadata.get('labels')?.value, 'labels', reading),
    hostNetwork: booleanOf(network?.value, 'hostNetwork', reading),
    ...(network === undefined ? {} : { hostNetworkAt: sourceOf(network.value, reading.file) }),
    ids: readIds(spec.get('securityContext')?.value, reading),
    ...(seccomp === undefined ? {} : { seccomp }),
    containers: readContainers(spec.get('containers')?.value, 'containers', reading),
    initContainers,
    ...addressesOf(fields.get('status')?.value, reading),
    ...livesAt(fields.get('status')?.value, reading),
    ended: endedContainers(fields.get('status')?.value, reading),
    unended: unendedContainers(fields.get('status')?.value, initNames, reading),
    ...(nameservers === undefined ? {} : { nameservers }),
  };
}

/** The API server gives every pod that it has taken a phase: by then all webhooks have been asked. */
function livesAt(status: YamlNode | undefined, reading: Reading): Pick<PodTemplate, 'livesAt'> {
  const phase = field(status, 'phase');
  return phase === undefined || (textOf(phase) ?? '') === '' ? {} : { livesAt: sourceOf(phase, reading.file, 'status.phase') };
}

function addressesOf(node: YamlNode | undefined, reading: Reading): Pick<PodTemplate, 'addresses' | 'addressesAt'> {
  const status = fieldsOf(node, 'status', reading);
  const listed = itemsOf(status.get('podIPs')?.value, 'podIPs', reading).flatMap(
    (item) => fieldsOf(item, 'an item of podIPs', reading).get('ip')?.value ?? [],
  );
  const texts = (listed.length > 0 ? listed : [status.get('podIP')?.value ?? []].flat()).flatMap((at) => {
    const text = textOf(at);
    return text === undefined ? [] : [{ text, at: sourceOf(at, reading.file) }];
  });
  return { addresses: texts.map(({ text }) => text), ...(texts.length === 0 ? {} : { addressesAt: texts.map(({ at }) => at) }) };
}

function nameserversOf(spec: Fields, reading: Reading): readonly string[] | undefined {
  if (textOf(spec.get('dnsPolicy')?.value) !== 'None') return undefined;
  const config = fieldsOf(spec.get('dnsConfig')?.value, 'dnsConfig', reading);
  return itemsOf(config.get('nameservers')?.value, 'nameservers', reading).flatMap((server) => textOf(server) ?? []);
}
