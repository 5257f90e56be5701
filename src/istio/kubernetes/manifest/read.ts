/** One document of YAML or JSON to what it holds. */

import { API_VERSION } from '../../api-version.ts';
import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { nearest, problem, quoted } from '../../problems.ts';
import { KIND, readSidecarFile } from '../../settings/sidecar-file.ts';
import type { YamlNode } from '../../yaml.ts';
import { field, isNull, sourceOf, textOf } from '../../yaml-fields.ts';
import { aliasesExplode } from './aliases.ts';
import { readNamespace, readProxyConfig } from './context.ts';
import { inspectedPod } from './inspected-container.ts';
import type { ManifestItem } from './item.ts';
import { ANY_KIND, groupOf, isKubernetesOwn, KINDS_READ, podKind } from './kinds.ts';
import { withMerges } from './merge.ts';
import { kindlessSettings, settingsObject } from './mesh-settings.ts';
import { nameOf, readWorkload, readWorkloadGroup } from './object.ts';
import { besideWorkload, captureModes, otherObject } from './other-object.ts';
import type { Fields, Reading } from './reading.ts';
import { fieldsOf, refuse } from './reading.ts';

interface Place {
  readonly file: string;
  /** The kind of a list's items that have none of their own: the API server leaves it out in a PodList. */
  readonly itemKind: string | undefined;
}

/**
 * Reads a document; the items of a List are read one by one. `itemKind` is for a document that was an item of a list
 * itself: the kind that it has where it names none. Never throws.
 */
export function readManifest(document: YamlNode, file: string, itemKind?: string): readonly ManifestItem[] {
  if (!aliasesExplode(document)) return readTree(withMerges(document), file, itemKind);
  const reason = 'its aliases stand for more than ten times its text';
  return [{ kind: 'problem', problem: problem('bad-yaml', sourceOf(document, file), { reason }) }];
}

/** The same for a tree in which no node stands twice, as JSON makes it. */
export function readTree(document: YamlNode, file: string, itemKind?: string): readonly ManifestItem[] {
  return readObject(document, { file, itemKind });
}

/** The kind of a list's items, of the list's own: `Pod` of `PodList`, nothing of `List`; undefined for what is no list. */
export function itemKindOf(kind: string): string | undefined {
  return kind.endsWith('List') ? kind.slice(0, -'List'.length) : undefined;
}

function readObject(node: YamlNode, place: Place): readonly ManifestItem[] {
  if (isNull(node)) return [];
  // What `jq -s` makes of many objects.
  if (node.kind === 'sequence') return node.items.flatMap((item) => readObject(item, place));
  const reading: Reading = { file: place.file, problems: [] };
  const fields = fieldsOf(node, 'the document', reading);
  const kind = textOf(fields.get('kind')?.value) ?? kindInList(fields, place);
  const inspected = kind === undefined ? inspectedPod(node) : undefined;
  if (inspected !== undefined) return readObject(inspected, place);
  const items = kind === undefined ? readKindless(node, fields, reading) : readKind(node, fields, kind, reading, place);
  return [...reading.problems.map((found) => ({ kind: 'problem' as const, problem: found })), ...items];
}

/** What an object is that does not say it: what its list says. A list may say it only behind its items, as `jq -S` sorts keys; what has containers is a Pod then. */
function kindInList(fields: Fields, { itemKind }: Place): string | undefined {
  if (itemKind !== '') return itemKind;
  return field(fields.get('spec')?.value, 'containers') === undefined ? undefined : 'Pod';
}

function readKindless(node: YamlNode, fields: Fields, reading: Reading): readonly ManifestItem[] {
  // What is no mapping is a problem already.
  if (node.kind !== 'mapping') return reading.problems.splice(0).map((found) => ({ kind: 'problem', problem: found, isOther: true }));
  const at = sourceOf(node, reading.file);
  const other = otherObject(node, reading.file, isOperation(node) ? 'a JSON patch' : 'Helm values');
  if (isOperation(node)) {
    const otherwise = { kind: 'skipped', what: 'operation of a JSON patch' } as const;
    return [other === undefined ? otherwise : { kind: 'other object', object: other, otherwise }];
  }
  const settings = kindlessSettings(node);
  if (other !== undefined) {
    const unread = settings === undefined ? noKind(at) : problem('use-values', at, { value: settings });
    const isOther = settings === undefined && !fields.has('apiVersion');
    return [{ kind: 'other object', object: other, otherwise: { kind: 'problem', problem: unread, isOther } }];
  }
  if (settings === undefined) {
    const ours = textOf(fields.get('apiVersion')?.value) === API_VERSION;
    const kind = fields.get('kind')?.value;
    const allowed = ours ? KIND : A_KIND;
    if (kind !== undefined && !isNull(kind)) refuse(kind, 'kind', allowed, reading);
    else {
      const isOther = !fields.has('apiVersion');
      if (isOther) reading.problems.length = 0;
      return [{ kind: 'problem', problem: noKind(at, allowed), isOther }];
    }
  } else {
    reading.problems.push(problem('use-values', at, { value: settings }));
  }
  return [];
}

const A_KIND = 'a kind of Kubernetes, such as Pod or Deployment';

function noKind(at: Origin, allowed = A_KIND): Problem {
  return problem('wrong-type', at, { name: 'kind', value: 'nothing', allowed });
}

function isOperation(node: YamlNode): boolean {
  return textOf(field(node, 'op')) !== undefined && textOf(field(node, 'path')) !== undefined;
}

function readKind(node: YamlNode, fields: Fields, kind: string, reading: Reading, place: Place): readonly ManifestItem[] {
  const group = groupOf(textOf(fields.get('apiVersion')?.value) ?? '');
  const inIstio = group === 'networking.istio.io';
  const pods = podKind(kind);
  if (pods !== undefined && (pods.groups.includes(group) || field(node, ...pods.template) !== undefined)) {
    const workload = readWorkload(node, fields, kind, pods, reading);
    if (workload === undefined) return [];
    const { file } = place;
    const beside = workload.kind === 'Pod' ? undefined : besideWorkload(node, file, `${kind} ${workload.namespace}/${workload.name}`, kind);
    return [{ kind: 'workload', workload }, ...(beside === undefined ? [] : [{ kind: 'other object', object: beside } as const])];
  }
  if (!inIstio && !isKubernetesOwn(group) && field(node, ...ANY_KIND.template, 'spec', 'containers')?.kind === 'sequence') {
    const workload = readWorkload(node, fields, kind, ANY_KIND, reading);
    return workload === undefined ? [] : [{ kind: 'workload', workload }];
  }
  if (kind === 'WorkloadGroup' && inIstio) return [{ kind: 'workload', workload: readWorkloadGroup(node, fields, reading) }];
  if (kind === 'ProxyConfig' && inIstio) {
    const resource = readProxyConfig(node, fields, reading);
    return resource === undefined ? [] : [{ kind: 'proxy config', resource }];
  }
  if (kind === 'Namespace' && group === '') {
    const namespace = readNamespace(node, fields, reading);
    const other = otherObject(node, place.file, `Namespace ${namespace.name}`);
    return [{ kind: 'namespace', ...namespace }, ...(other === undefined ? [] : [{ kind: 'other object', object: other } as const])];
  }
  if (kind === KIND) return readSidecar(node, fields, reading);
  const list = itemKindOf(kind) === undefined ? undefined : fields.get('items')?.value;
  if (list !== undefined && isNull(list)) return [];
  if (list?.kind === 'sequence') return list.items.flatMap((item) => readObject(item, { ...place, itemKind: itemKindOf(kind) }));
  if (list !== undefined) {
    refuse(list, 'items', 'a list', reading);
    return [];
  }
  return readStranger(node, fields, kind, group, reading, place);
}

function readSidecar(node: YamlNode, fields: Fields, reading: Reading): readonly ManifestItem[] {
  const source = sourceOf(node, reading.file);
  if (!fields.has('apiVersion')) {
    reading.problems.push(problem('wrong-type', source, { name: 'apiVersion', value: 'nothing', allowed: API_VERSION }));
    return [];
  }
  // Its reader reports what stands twice by itself.
  reading.problems.length = 0;
  return [{ kind: 'sidecar', sidecar: readSidecarFile(node, reading.file), source }];
}

/** What has no pods, or hides them behind a misspelt kind. */
function readStranger(
  node: YamlNode,
  fields: Fields,
  kind: string,
  group: string,
  reading: Reading,
  place: Place,
): readonly ManifestItem[] {
  // What is wrong in objects that are not read is not ours to say.
  reading.problems.length = 0;
  const { file, itemKind } = place;
  const named = fields.get('kind')?.value;
  const settings = settingsObject(node, kind, group);
  if (settings !== undefined && named !== undefined) {
    const found = problem('use-values', sourceOf(named, file), { value: settings });
    // The dump of a cluster has it among all the others.
    reading.problems.push(itemKind === undefined ? found : { ...found, severity: 'warning' });
    return [];
  }
  const spec = fields.get('spec')?.value;
  const hasPods = ['template', 'jobTemplate', 'containers'].some((name) => field(spec, name) !== undefined);
  const instead = hasPods ? nearest(kind, KINDS_READ) : '';
  if (instead === '' || named === undefined) {
    const { namespace, name } = nameOf(fieldsOf(fields.get('metadata')?.value, 'metadata', { file, problems: [] }));
    const what = name === '' ? kind : `${kind} ${namespace}/${name}`;
    const sidecar = kind === 'Sidecar' && group === 'networking.istio.io';
    const object = sidecar ? captureModes(node, file, what) : otherObject(node, file, what);
    const otherwise = { kind: 'skipped', what: kind } as const;
    return [object === undefined ? otherwise : { kind: 'other object', object, otherwise }];
  }
  const args = { value: quoted(kind), allowed: KINDS_READ.join(', '), nearest: instead };
  reading.problems.push(problem('not-a-manifest', sourceOf(named, file), args));
  return [];
}
