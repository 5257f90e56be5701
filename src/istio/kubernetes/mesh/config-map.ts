/** The ConfigMaps of a cluster: texts within a text. */

import { problem, quoted } from '../../problems.ts';
import type { YamlNode } from '../../yaml.ts';
import { field, isNull, textOf } from '../../yaml-fields.ts';
import { aliasesExplode } from '../manifest/aliases.ts';
import type { MeshData } from '../manifest/mesh-config-maps.ts';
import { meshTexts } from '../manifest/mesh-config-maps.ts';
import { readMeshConfig, readValues } from './helm-values.ts';
import { readInjector } from './injector.ts';
import type { Place } from './place.ts';
import { documentsAt, placeWithin } from './place.ts';
import type { MeshReading } from './reading.ts';

type Reader = (document: YamlNode, place: Place, reading: MeshReading) => void;

const READERS: Readonly<Record<MeshData, Reader>> = {
  mesh: readMeshConfig,
  'merged-values': readValues,
  config: readInjector,
  values: readValues,
};

/** Whether the ConfigMap is one of Istio's; it is read then. */
export function readConfigMap(object: YamlNode, place: Place, reading: MeshReading): boolean {
  const found = meshTexts(object);
  if (found.length > 0) oneRevision(object, place, reading);
  for (const { key, text } of found) {
    if (text.kind === 'scalar') readInner(key, placeWithin(place, text), reading);
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

function readInner(key: MeshData, place: Place, reading: MeshReading): void {
  const documents = documentsAt(place);
  if ('code' in documents) {
    reading.problems.push(documents);
    return;
  }
  for (const document of documents) {
    if (document.kind === 'mapping' && !aliasesExplode(document)) READERS[key](document, place, reading);
    else if (!isNull(document)) notA('a mapping', key, document, place, reading);
  }
}

function notA(allowed: string, key: string, node: YamlNode, place: Place, { problems }: MeshReading): void {
  const value = node.kind === 'scalar' ? quoted(node.text) : node.kind === 'mapping' ? 'a mapping' : 'a list';
  problems.push(problem('wrong-type', place.at(node), { name: `data.${key}`, value, allowed }));
}
