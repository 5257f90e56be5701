/** Containers of a pod, and the numbers they run with. */

import type { Sourced } from '../../origin.ts';
import type { YamlNode } from '../../yaml.ts';
import { sourceOf, textOf } from '../../yaml-fields.ts';
import type { Fields, Reading } from './reading.ts';
import { fieldsOf, itemsOf, numberOf, stringOf, stringsOf } from './reading.ts';
import type { Container, ContainerPort, Ids } from './workload.ts';

export function readContainers(node: YamlNode | undefined, name: string, reading: Reading): readonly Container[] {
  return itemsOf(node, name, reading).map((item) => readContainer(item, name, reading));
}

function readContainer(node: YamlNode, name: string, reading: Reading): Container {
  const fields = fieldsOf(node, `an item of ${name}`, reading);
  const image = stringOf(fields.get('image')?.value, 'image', reading);
  const restartPolicy = textOf(fields.get('restartPolicy')?.value);
  return {
    name: stringOf(fields.get('name')?.value, 'name', reading) ?? { value: '', source: sourceOf(node, reading.file, 'name') },
    ...(image === undefined ? {} : { image }),
    command: stringsOf(fields.get('command')?.value, 'command', reading),
    args: stringsOf(fields.get('args')?.value, 'args', reading),
    ...readVariables(fields, reading),
    ports: itemsOf(fields.get('ports')?.value, 'ports', reading).flatMap((port) => readPort(port, reading)),
    ids: readIds(fields.get('securityContext')?.value, reading),
    ...(restartPolicy === undefined ? {} : { restartPolicy }),
    node,
  };
}

function readVariables(container: Fields, reading: Reading): Pick<Container, 'env' | 'envFrom'> {
  const env = new Map<string, Sourced<string>>();
  const envFrom: Sourced<string>[] = [];
  for (const item of itemsOf(container.get('env')?.value, 'env', reading)) {
    const fields = fieldsOf(item, 'an item of env', reading);
    const name = stringOf(fields.get('name')?.value, 'name', reading)?.value;
    if (name === undefined) continue;
    const source = sourceOf(item, reading.file, name);
    if (fields.has('valueFrom')) envFrom.push({ value: name, source });
    else env.set(name, stringOf(fields.get('value')?.value, name, reading) ?? { value: '', source });
  }
  for (const item of itemsOf(container.get('envFrom')?.value, 'envFrom', reading)) {
    const prefix = textOf(fieldsOf(item, 'an item of envFrom', reading).get('prefix')?.value) ?? '';
    envFrom.push({ value: `${prefix}*`, source: sourceOf(item, reading.file, 'envFrom') });
  }
  return { env, envFrom };
}

function readPort(node: YamlNode, reading: Reading): readonly ContainerPort[] {
  const fields = fieldsOf(node, 'an item of ports', reading);
  const port = numberOf(fields.get('containerPort')?.value, 'containerPort', reading);
  return port === undefined ? [] : [{ port, protocol: textOf(fields.get('protocol')?.value) ?? 'TCP' }];
}

/** The numbers of a security context, be it a pod's or a container's. */
export function readIds(context: YamlNode | undefined, reading: Reading): Ids {
  const fields = fieldsOf(context, 'securityContext', reading);
  const ids: { -readonly [K in 'runAsUser' | 'runAsGroup' | 'fsGroup']?: Sourced<string> } = {};
  for (const name of ['runAsUser', 'runAsGroup', 'fsGroup'] as const) {
    const id = numberOf(fields.get(name)?.value, name, reading);
    if (id !== undefined) ids[name] = id;
  }
  const groups = itemsOf(fields.get('supplementalGroups')?.value, 'supplementalGroups', reading);
  return { ...ids, supplementalGroups: groups.flatMap((group) => numberOf(group, 'supplementalGroups', reading) ?? []) };
}
