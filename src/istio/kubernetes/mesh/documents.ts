/** What a document of `--values` is, and where the values stand in it. */

import { nearest, problem, quoted } from '../../problems.ts';
import type { YamlNode } from '../../yaml.ts';
import { field, isNull, textOf } from '../../yaml-fields.ts';
import { aliasesExplode } from '../manifest/aliases.ts';
import { meshConfigKey, valuesKey } from '../manifest/chart-keys.ts';
import { withMerges } from '../manifest/merge.ts';
import { readManifest } from '../manifest/read.ts';
import { readConfigMap } from './config-map.ts';
import { readMeshConfig, readValues } from './helm-values.ts';
import { readCni, readIstio, readIstioOperator } from './operators.ts';
import type { Place } from './place.ts';
import type { MeshReading } from './reading.ts';
import { readWebhooks, WEBHOOK_KIND } from './webhooks.ts';

type Reader = (object: YamlNode, place: Place, reading: MeshReading) => void;

/** Kinds by name, with the group of their API. */
const KINDS: Readonly<Record<string, { readonly groups: readonly string[]; readonly read: Reader }>> = {
  IstioOperator: { groups: ['install.istio.io'], read: readIstioOperator },
  Istio: { groups: ['sailoperator.io', 'operator.istio.io'], read: readIstio },
  IstioRevision: { groups: ['sailoperator.io', 'operator.istio.io'], read: readIstio },
  IstioCNI: { groups: ['sailoperator.io', 'operator.istio.io'], read: readCni },
  MeshConfig: { groups: [], read: readMeshConfig },
  [WEBHOOK_KIND]: { groups: ['admissionregistration.k8s.io'], read: readWebhooks },
};

const ALLOWED =
  'Helm values, IstioOperator, Istio, IstioRevision, IstioCNI, MeshConfig, the ConfigMaps istio and istio-sidecar-injector, MutatingWebhookConfiguration, ProxyConfig, Namespace';

/** Reads one document into `reading`. Never throws. */
export function readDocument(document: YamlNode, place: Place, reading: MeshReading): void {
  if (aliasesExplode(document))
    reading.problems.push(problem('bad-yaml', place.at(document), { reason: 'its aliases stand for more than ten times its text' }));
  else readObject(withMerges(document), place, reading, false);
}

function readObject(object: YamlNode, place: Place, reading: MeshReading, listed: boolean): void {
  if (isNull(object)) return;
  const kind = textOf(field(object, 'kind'));
  const items = field(object, 'items');
  if (kind === undefined) readKindless(object, place, reading);
  else if (kind.endsWith('List') && items?.kind === 'sequence') for (const item of items.items) readObject(item, place, reading, true);
  else if (Object.hasOwn(KINDS, kind) && groupFits(kind, object)) KINDS[kind]?.read(object, place, reading);
  else if (kind === 'ConfigMap' && readConfigMap(object, place, reading)) return;
  else readOther(object, kind, place, reading, listed);
}

function groupFits(kind: string, object: YamlNode): boolean {
  const groups = KINDS[kind]?.groups ?? [];
  const group = textOf(field(object, 'apiVersion'))?.replace(/\/.*$/, '');
  return groups.length === 0 || group === undefined || groups.includes(group);
}

function readKindless(document: YamlNode, place: Place, reading: MeshReading): void {
  if (document.kind === 'mapping' && document.entries.length === 0) return;
  if (meshConfigKey(document) !== undefined) readMeshConfig(document, place, reading);
  else if (valuesKey(document) !== undefined) readValues(document, place, reading);
  else {
    const value = document.kind === 'mapping' ? 'none of their keys' : document.kind === 'sequence' ? 'a list' : quoted(document.text);
    reading.problems.push(problem('wrong-type', place.at(document), { name: 'the document', value, allowed: `one of ${ALLOWED}` }));
  }
}

/** What manifests hold as well: ProxyConfigs and Namespaces count; workloads are for `-f`. In a list, as a dump of a cluster is one, the rest is passed over. */
function readOther(object: YamlNode, kind: string, place: Place, reading: MeshReading, listed: boolean): void {
  const named = field(object, 'kind') ?? object;
  for (const item of readManifest(object, place.file)) {
    switch (item.kind) {
      case 'proxy config':
      case 'namespace':
        reading.context.push(item);
        break;
      case 'workload':
      case 'sidecar':
        if (!reading.problems.some(({ code }) => code === 'use-filename'))
          reading.problems.push(problem('use-filename', place.at(named), { value: kind }));
        break;
      case 'skipped':
        if (!listed)
          reading.problems.push(
            problem('not-a-manifest', place.at(named), {
              value: quoted(kind),
              allowed: ALLOWED,
              nearest: nearest(kind, [...Object.keys(KINDS), 'ConfigMap', 'ProxyConfig', 'Namespace']),
            }),
          );
        break;
      case 'problem':
        reading.problems.push(item.problem);
        break;
      // What it is to the mesh it is beside that; nobody asks for rows here.
      case 'other object':
      case 'row':
        break;
      default:
        item satisfies never;
    }
  }
}
