/** Manifests of Kubernetes, as texts, to the workloads in them. */

import type { OtherObject } from '../istio/kubernetes/manifest/other-object.ts';
import { readManifest } from '../istio/kubernetes/manifest/read.ts';
import type { Workload } from '../istio/kubernetes/manifest/workload.ts';
import { withContext } from '../istio/kubernetes/mesh/context.ts';
import type { Mesh } from '../istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../istio/kubernetes/mesh/mesh.ts';
import { readInstalledMesh } from '../istio/kubernetes/mesh/read.ts';
import type { Origin } from '../istio/origin.ts';
import type { Problem } from '../istio/problems.ts';
import { problem } from '../istio/problems.ts';
import type { SidecarFile } from '../istio/settings/sidecar-file.ts';
import { readYaml } from '../istio/yaml.ts';
import { fields, text } from './checked.ts';

/** A text, or one with the name that messages call it by. */
export type Text = string | { readonly file: string; readonly text: string };

/** One text or several. */
export type Texts = Text | readonly Text[];

/** What stands in manifests. */
export interface Manifests {
  readonly workloads: readonly Workload[];
  readonly sidecars: readonly { readonly sidecar: SidecarFile; readonly source: Origin }[];
  readonly others: readonly OtherObject[];
  /** The mesh with what the manifests say of it: Namespaces and ProxyConfigs. */
  readonly mesh: Mesh;
  /** What could not be read. */
  readonly problems: readonly Problem[];
}

/** Texts with their names. Throws a ProblemError for what is none. */
function namedTexts(name: string, value: unknown, usual: string): readonly { readonly file: string; readonly text: string }[] {
  return [value].flat().map((one, index, all) => {
    const own = all.length === 1 ? name : `${name}[${index}]`;
    if (typeof one === 'string') return { file: usual, text: one };
    const given = fields(own, one, ['file', 'text']);
    return { file: text(`${own}.file`, given.file), text: text(`${own}.text`, given.text) };
  });
}

/** The workloads of manifests, and what else stands there. Never throws for what a manifest says. */
export function readManifests(manifests: unknown, mesh: Mesh): Manifests {
  const items = namedTexts('manifests', manifests, 'manifests').flatMap(({ file, text: yaml }) => {
    const documents = readYaml(yaml);
    if (!('reason' in documents)) return documents.flatMap((document) => readManifest(document, file));
    const { line, column, reason } = documents;
    return [{ kind: 'problem', problem: problem('bad-yaml', { kind: 'file', file, line, column }, { reason }) } as const];
  });
  const context = items.filter((item) => item.kind === 'namespace' || item.kind === 'proxy config');
  return {
    workloads: items.flatMap((item) => (item.kind === 'workload' ? [item.workload] : [])),
    sidecars: items.flatMap((item) => (item.kind === 'sidecar' ? [{ sidecar: item.sidecar, source: item.source }] : [])),
    others: items.flatMap((item) => (item.kind === 'other object' ? [item.object] : [])),
    mesh: withContext(mesh, ...context),
    problems: items.flatMap((item) => (item.kind === 'problem' ? [item.problem] : [])),
  };
}

/** What a mesh is installed with. Throws a ProblemError for a text that is none of it. */
export function meshFrom(values: unknown): Mesh {
  if (values === undefined) return NO_MESH;
  return readInstalledMesh(namedTexts('values', values, 'values'));
}
