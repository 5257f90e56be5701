/** The ConfigMaps of a cluster: texts within a text. */

import { problem, quoted } from '../../problems.ts';
import type { YamlNode } from '../../yaml.ts';
import { field, isNull, textOf } from '../../yaml-fields.ts';
import { aliasesExplode } from '../manifest/aliases.ts';
import { readMeshConfig, readValues } from './helm-values.ts';
import { readInjector } from './injector.ts';
import type { Place } from './place.ts';
import { documentsAt, placeWithin } from './place.ts';
import type { MeshReading } from './reading.ts';

interface Data {
  readonly key: string;
  /** What the ConfigMap is called, with a revision behind it or not (`istio-1-28`). */
  readonly map: RegExp;
  readonly read: (document: YamlNode, place: Place, reading: MeshReading) => void;
}

const DATA: readonly Data[] = [
  { key: 'mesh', map: /^istio(?:-|$)/, read: readMeshConfig },
  { key: 'merged-values', map: /^values(?:-|$)/, read: readValues },
  { key: 'config', map: /^istio-(?:sidecar-injector|inject)(?:-|$)/, read: readInjector },
  { key: 'values', map: /^istio-sidecar-injector(?:-|$)/, read: readValues },
];

/** Whether the ConfigMap is one of Istio's. */
export function isMeshConfigMap(object: YamlNode): boolean {
  return textsIn(object).length > 0;
}

/** Whether the ConfigMap is one of Istio's; it is read then. */
export function readConfigMap(object: YamlNode, place: Place, reading: MeshReading): boolean {
  const found = textsIn(object);
  if (found.length > 0) oneRevision(object, place, reading);
  for (const { key, text, read } of found) {
    if (text.kind === 'scalar') readInner(key, placeWithin(place, text), reading, read);
    else notA('a text', key, text, place, reading);
  }
  return found.length > 0;
}

/** A canary's ConfigMaps over those of the default would make a mesh that no cluster has. */
function oneRevision(object: YamlNode, place: Place, reading: MeshReading): void {
  const name = textOf(field(object, 'metadata', 'name')) ?? '';
  const revision = name.replace(/^(?:istio-sidecar-injector|istio-inject|istio|values)-?/, '');
  reading.revision ??= revision;
  if (revision === reading.revision) return;
  const [value, first] = [revision, reading.revision].map((one) => (one === '' ? 'the default' : quoted(one))) as [string, string];
  reading.problems.push(problem('several-revisions', place.at(object), { value, first }));
}

function textsIn(object: YamlNode): readonly (Data & { readonly text: YamlNode })[] {
  const name = textOf(field(object, 'metadata', 'name')) ?? '';
  return DATA.flatMap((data) => {
    const text = data.map.test(name) ? field(object, 'data', data.key) : undefined;
    return text === undefined || isNull(text) ? [] : [{ ...data, text }];
  });
}

function readInner(key: string, place: Place, reading: MeshReading, read: Data['read']): void {
  const documents = documentsAt(place);
  if ('code' in documents) {
    reading.problems.push(documents);
    return;
  }
  for (const document of documents) {
    if (document.kind === 'mapping' && !aliasesExplode(document)) read(document, place, reading);
    else if (!isNull(document)) notA('a mapping', key, document, place, reading);
  }
}

function notA(allowed: string, key: string, node: YamlNode, place: Place, { problems }: MeshReading): void {
  const value = node.kind === 'scalar' ? quoted(node.text) : node.kind === 'mapping' ? 'a mapping' : 'a list';
  problems.push(problem('wrong-type', place.at(node), { name: `data.${key}`, value, allowed }));
}
