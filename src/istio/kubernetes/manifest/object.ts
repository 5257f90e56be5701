/** One object of Kubernetes that holds pods, to a workload. */

import { problem } from '../../problems.ts';
import type { YamlNode } from '../../yaml.ts';
import { field, isNull, sourceOf, textOf } from '../../yaml-fields.ts';
import type { PodKind } from './kinds.ts';
import { readPod } from './pod.ts';
import type { Fields, Reading } from './reading.ts';
import { booleanOf, fieldsOf, itemsOf, textsOf } from './reading.ts';
import type { PodTemplate, Texts, Workload } from './workload.ts';

const NO_TEXTS: Texts = new Map();

/** What names an object. */
export function nameOf(metadata: Fields): { readonly namespace: string; readonly name: string } {
  const text = (key: string): string | undefined => textOf(metadata.get(key)?.value);
  const generated = text('generateName');
  return { namespace: text('namespace') ?? 'default', name: text('name') ?? (generated === undefined ? '' : `${generated}*`) };
}

/** Reads an object of a kind in the table; undefined where its pod template is missing. */
export function readWorkload(
  node: YamlNode,
  fields: Fields,
  kind: string,
  { template, between }: PodKind,
  reading: Reading,
): Workload | undefined {
  const metadata = fieldsOf(fields.get('metadata')?.value, 'metadata', reading);
  const head = { kind, ...nameOf(metadata), source: sourceOf(node, reading.file) };
  if (template.length === 0) {
    const owner = ownerOf(metadata, reading);
    const pod = readPod(node, fields, metadata, reading);
    return { ...head, annotations: NO_TEXTS, pod, ...(owner === undefined ? {} : { owner }) };
  }
  const found = templateOf(node, fields, template, reading);
  if (found === undefined) return undefined;
  const podMetadata = fieldsOf(found.fields.get('metadata')?.value, 'metadata', reading);
  const jobs = between === undefined ? undefined : textsOf(field(node, ...between, 'metadata', 'annotations'), 'annotations', reading);
  const pod = readPod(found.node, found.fields, podMetadata, reading);
  // A patch has no containers, and the namespace of whatever it is laid over.
  const namespace = pod.containers.length === 0 && !metadata.has('namespace') ? '*' : head.namespace;
  return {
    ...{ ...head, namespace, annotations: annotationsOf(metadata, reading), pod },
    ...(jobs === undefined || jobs.size === 0 ? {} : { jobAnnotations: jobs }),
  };
}

/** A group of virtual machines (networking.istio.io): it has no containers, but its metadata has what a pod's has. */
export function readWorkloadGroup(node: YamlNode, fields: Fields, reading: Reading): Workload {
  const metadata = fieldsOf(fields.get('metadata')?.value, 'metadata', reading);
  const spec = fieldsOf(fields.get('spec')?.value, 'spec', reading);
  const machine = textsOfObject(fieldsOf(spec.get('metadata')?.value, 'metadata', reading), reading);
  const template = fieldsOf(spec.get('template')?.value, 'template', reading);
  const labels = new Map([...textsOf(template.get('labels')?.value, 'labels', reading), ...machine.labels]);
  const source = sourceOf(spec.get('template')?.value ?? node, reading.file);
  const bare = { hostNetwork: false, ids: { supplementalGroups: [] }, containers: [], initContainers: [], addresses: [] };
  return {
    kind: 'WorkloadGroup',
    ...nameOf(metadata),
    source: sourceOf(node, reading.file),
    annotations: annotationsOf(metadata, reading),
    pod: { ...bare, source, annotations: machine.annotations, labels },
  };
}

export function textsOfObject(metadata: Fields, reading: Reading): Pick<PodTemplate, 'annotations' | 'labels'> {
  return {
    annotations: annotationsOf(metadata, reading),
    labels: textsOf(metadata.get('labels')?.value, 'labels', reading),
  };
}

function annotationsOf(metadata: Fields, reading: Reading): Texts {
  return textsOf(metadata.get('annotations')?.value, 'annotations', reading);
}

function templateOf(
  object: YamlNode,
  fields: Fields,
  path: readonly string[],
  reading: Reading,
): { readonly node: YamlNode; readonly fields: Fields } | undefined {
  let node: YamlNode | undefined = object;
  let inner = fields;
  for (const name of path) {
    node = inner.get(name)?.value;
    inner = fieldsOf(node, name, reading);
  }
  if (node?.kind === 'mapping') return { node, fields: inner };
  // What is there and is no mapping is a problem already.
  if (node === undefined || isNull(node)) {
    const args = { name: path.join('.'), value: 'nothing', allowed: 'the template of a pod' };
    reading.problems.push(problem('wrong-type', sourceOf(node ?? object, reading.file), args));
  }
  return undefined;
}

/** The controller of a pod, or else its first owner. */
function ownerOf(metadata: Fields, reading: Reading): string | undefined {
  const owners = itemsOf(metadata.get('ownerReferences')?.value, 'ownerReferences', reading).map((item) =>
    fieldsOf(item, 'an item of ownerReferences', reading),
  );
  const owner = owners.find((fields) => booleanOf(fields.get('controller')?.value, 'controller', reading)) ?? owners[0];
  const [kind, name] = [textOf(owner?.get('kind')?.value), textOf(owner?.get('name')?.value)];
  return kind === undefined || name === undefined ? undefined : `${kind}/${name}`;
}
