/** What `--values` takes to what injection looks at. */

import type { Origin, Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted, throwErrors } from '../../problems.ts';
import { readTag } from '../../releases/known.ts';
import type { ContextItem } from './context.ts';
import { withContext } from './context.ts';
import { readDocument } from './documents.ts';
import { isMeshValue } from './forms.ts';
import { layerOf } from './layer.ts';
import type { Mesh, MeshValue } from './mesh.ts';
import { NO_MESH } from './mesh.ts';
import { documentsAt, placeOfFile } from './place.ts';
import type { MeshReading } from './reading.ts';

/** A text with the name of its file. */
export interface MeshText {
  readonly file: string;
  readonly text: string;
}

/** Reads Helm values, IstioOperator and Istio resources, a MeshConfig, ConfigMaps, ProxyConfigs and Namespaces; later texts beat earlier ones. What is wrong is in `problems`. */
export function readMesh(texts: readonly MeshText[]): Mesh {
  const templates = { makeRules: new Map(), aliases: new Map(), texts: new Map(), all: false };
  const reading: MeshReading = {
    values: new Map(),
    bare: new Map(),
    implied: new Map(),
    context: [],
    injectors: [],
    notStock: new Set(),
    templates,
    problems: [],
  };
  for (const { file, text } of texts) {
    // What `helm get values` prints where there are none is no YAML.
    if (/^[A-Z-]+ VALUES:\s+null\s*$/.test(text)) continue;
    const place = placeOfFile(file, text);
    const documents = documentsAt(place);
    if ('code' in documents) reading.problems.push(documents);
    else for (const document of documents) readDocument(document, place, reading);
  }
  return withContext(meshOf(reading), ...reading.context.map(withoutLabels));
}

/** The same; throws its errors. A value of the wrong form is for the injector to refuse: the mesh is not installed with it. */
export function readInstalledMesh(texts: readonly MeshText[]): Mesh {
  const mesh = readMesh(texts);
  throwErrors(mesh.problems.filter(({ code }) => code !== 'wrong-type' && code !== 'not-a-value'));
  return mesh;
}

function withoutLabels(item: ContextItem): ContextItem {
  if (item.kind !== 'namespace' || item.resource.labels.size > 0) return item;
  return { ...item, resource: { ...item.resource, withoutLabels: true } };
}

function meshOf({ values: given, bare, implied, templates, injectors, problems }: MeshReading): Mesh {
  const values = new Map([...implied, ...given]);
  const pick = (path: string): Sourced<string> | undefined => values.get(path);
  const proxyListenPort = pick('meshConfig.proxyListenPort');
  const proxyInboundListenPort = pick('meshConfig.proxyInboundListenPort');
  const release = releaseOf(pick('global.tag'), problems);
  const start = 'meshConfig.defaultConfig.';
  const source = firstSource(values, start);
  return {
    ...NO_MESH,
    values: new Map([...values].filter((entry): entry is [MeshValue, Sourced<string>] => isMeshValue(entry[0]))),
    ...(proxyListenPort === undefined ? {} : { proxyListenPort }),
    ...(proxyInboundListenPort === undefined ? {} : { proxyInboundListenPort }),
    ...(source === undefined ? {} : { defaultConfig: layerOf(values, start, source) }),
    // The charts write the namespace of Istio where the mesh names none.
    rootNamespace: (pick('meshConfig.rootNamespace') ?? pick('global.istioNamespace'))?.value ?? NO_MESH.rootNamespace,
    ...(release === undefined ? {} : { release }),
    ...(bare.size === 0 ? {} : { bare }),
    ...(injectors.length === 0 ? {} : { injectors }),
    ...(templates.makeRules.size + templates.aliases.size === 0 && templates.byDefault === undefined ? {} : { templates }),
    problems,
  };
}

/** The release of an image's tag: builds of one's own (`latest`, a commit) have none. */
function releaseOf(tag: Sourced<string> | undefined, problems: Problem[]): Sourced<string> | undefined {
  if (tag === undefined || tag.value === '') return undefined;
  if (!('unknown' in readTag(tag.value))) return tag;
  const name = tag.source.kind === 'file' ? (tag.source.key ?? '') : '';
  problems.push(problem('tag-without-release', tag.source, { name, value: quoted(tag.value) }));
  return undefined;
}

function firstSource(values: ReadonlyMap<string, Sourced<string>>, start: string): Origin | undefined {
  for (const [path, { source }] of values) if (path.startsWith(start)) return source;
  return undefined;
}
