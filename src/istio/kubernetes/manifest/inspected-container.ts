/** What `crictl inspect` and `docker inspect` show of a container, as a pod that has only this one. */

import type { YamlEntry, YamlNode } from '../../yaml.ts';
import { field, itemsIn, textOf } from '../../yaml-fields.ts';
import { mapping, optional, pair, podTree, scalar, sequence } from './pod-tree.ts';

/** Whether a text, or its start, is such a document: a container of a pod has labels that say so. */
export function isInspection(text: string): boolean {
  return (
    /^\s*[[{]/.test(text) &&
    /"io\.kubernetes\.container\.name"\s*:|"Config"\s*:\s*\{[^}]*istio-(?:init|iptables)/s.test(text) &&
    !/"kind"\s*:/.test(text)
  );
}

/** The pod; undefined for a document of something else. */
export function inspectedPod(node: YamlNode): YamlNode | undefined {
  const docker = field(node, 'Config');
  const config = field(node, 'info', 'config');
  const status = field(node, 'status');
  const labels = field(docker, 'Labels') ?? field(status, 'labels') ?? field(config, 'labels');
  if (docker === undefined && config === undefined) return undefined;
  const label = (name: string): YamlNode | undefined => field(labels, `io.kubernetes.${name}`);
  const name = label('container.name') ?? field(status, 'metadata', 'name') ?? scalar('istio-init', node);
  const container = docker === undefined ? ofCri(config, status) : ofDocker(docker);
  const list = ['istio-init', 'istio-validation'].includes(textOf(name) ?? '') ? 'initContainers' : 'containers';
  const ended = docker === undefined ? endOfCri(status) : endOfDocker(field(node, 'State'));
  const states =
    ended.length === 0
      ? []
      : [mapping(node, [pair('name', name), pair('state', mapping(node, [pair('terminated', mapping(node, ended))]))])];
  return podTree(node, {
    metadata: [pair('name', label('pod.name') ?? scalar('inspected', node)), ...optional('namespace', label('pod.namespace'))],
    spec: [pair(list, sequence(node, [mapping(node, [pair('name', name), ...container])]))],
    status: [pair('initContainerStatuses', sequence(node, list === 'initContainers' ? states : []))],
  });
}

function ofDocker(config: YamlNode): readonly YamlEntry[] {
  const env = itemsIn(field(config, 'Env')).flatMap((item) => {
    const [name = '', ...value] = (textOf(item) ?? '').split('=');
    return name === '' ? [] : [mapping(item, [pair('name', scalar(name, item)), pair('value', scalar(value.join('='), item))])];
  });
  return [
    ...optional('image', field(config, 'Image')),
    ...optional('args', field(config, 'Cmd')),
    ...optional('command', field(config, 'Entrypoint')),
    pair('env', sequence(config, env)),
  ];
}

/** The image by its tag, where that is known: the runtime asks for a digest. */
function ofCri(config: YamlNode | undefined, status: YamlNode | undefined): readonly YamlEntry[] {
  const env = itemsIn(field(config, 'envs')).map((item) =>
    mapping(item, [...optional('name', field(item, 'key')), ...optional('value', field(item, 'value'))]),
  );
  const image =
    field(status, 'image', 'userSpecifiedImage') ?? field(status, 'image', 'image') ?? field(config, 'image', 'user_specified_image');
  return [
    ...optional('image', image),
    ...optional('command', field(config, 'command')),
    ...optional('args', field(config, 'args')),
    ...(config === undefined ? [] : [pair('env', sequence(config, env))]),
  ];
}

function endOfCri(status: YamlNode | undefined): readonly YamlEntry[] {
  if (textOf(field(status, 'state')) !== 'CONTAINER_EXITED') return [];
  return [
    ...optional('exitCode', field(status, 'exitCode')),
    ...optional('reason', field(status, 'reason')),
    ...optional('message', field(status, 'message')),
  ];
}

function endOfDocker(state: YamlNode | undefined): readonly YamlEntry[] {
  if (state === undefined || textOf(field(state, 'Running')) === 'true') return [];
  const killed = field(state, 'OOMKilled');
  const reason = killed !== undefined && textOf(killed) === 'true' ? [pair('reason', scalar('OOMKilled', killed))] : [];
  return [...optional('exitCode', field(state, 'ExitCode')), ...reason, ...optional('message', field(state, 'Error'))];
}
