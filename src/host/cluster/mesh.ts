/** What a cluster's control planes are installed with: their ConfigMaps, and the webhooks by which Kubernetes calls them. */

import { CONFIG_MAPS, WEBHOOKS } from '../../istio/kubernetes/cluster/resources.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import { readMesh } from '../../istio/kubernetes/mesh/read.ts';
import { type Problem, problem } from '../../istio/problems.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import { allObjects, oneObject } from './list.ts';
import type { KubeObject } from './object.ts';
import { labelOf, printedObject } from './object.ts';

/** Where Istio lives unless somebody has put it elsewhere. */
const USUAL = 'istio-system';
const OF_ISTIO = /^(?:istio-sidecar-injector|istio-inject|istio|values)(?:-(.+))?$/;

const READ = new WeakMap<ClusterAccess, Promise<Mesh>>();

/** Asked once for each access: a command with two operands has one cluster. What can't be seen is a warning of the mesh. Never throws. */
export function clusterMesh(access: ClusterAccess): Promise<Mesh> {
  const known = READ.get(access) ?? readCluster(access);
  READ.set(access, known);
  return known;
}

async function readCluster(access: ClusterAccess): Promise<Mesh> {
  const failed: { readonly what: Unknown; readonly reason: string }[] = [];
  const unknown = (what: Unknown, error: unknown): undefined => {
    failed.push({ what, reason: mustBeOurs(error).message });
  };
  const webhooks = await all(allObjects(WEBHOOKS, {}, access)).catch((error) => unknown(UNKNOWN.injected, error));
  const spaces = new Set((webhooks ?? []).flatMap(placesOf));
  const maps: KubeObject[] = [];
  for (const namespace of spaces.size === 0 ? [USUAL] : spaces)
    maps.push(...((await configMaps(namespace, webhooks ?? [], access).catch((error) => unknown(UNKNOWN.installed, error))) ?? []));
  const revisions = new Map<string, KubeObject[]>();
  for (const map of maps) {
    const revision = OF_ISTIO.exec(map.metadata?.name ?? '')?.[1] ?? '';
    revisions.set(revision, [...(revisions.get(revision) ?? []), map]);
  }
  const meshes = new Map([...revisions].map(([revision, objects]) => [revision, readMesh(objects.map(textOf))]));
  const called = webhooks === undefined ? undefined : (readMesh(webhooks.map(textOf)).injectors ?? []);
  const main = meshes.get('') ?? meshes.values().next().value ?? readMesh([]);
  const wrong = [...meshes.values()].flatMap((mesh) => mesh.problems);
  // A cluster without any webhook of Istio may have an injector outside of it: then nothing is known.
  return {
    ...main,
    ...(called === undefined || called.length === 0 ? {} : { injectors: called }),
    ...(meshes.size > 1 && { revisions: meshes }),
    problems: [...warningsOf(failed), ...wrong.map((one) => (one.severity === 'error' ? { ...one, severity: 'warning' as const } : one))],
  };
}

interface Unknown {
  readonly what: string;
  readonly assumed: string;
}

const UNKNOWN = {
  injected: { what: 'who is injected', assumed: 'the selectors' },
  installed: { what: 'what the mesh is installed with', assumed: 'the values' },
} as const satisfies Record<string, Unknown>;

/** What is unknown for the same reason is one warning. */
function warningsOf(failed: readonly { readonly what: Unknown; readonly reason: string }[]): readonly Problem[] {
  return [...new Set(failed.map(({ reason }) => reason))].map((cause) => {
    const unknown = [...new Set(failed.filter(({ reason }) => reason === cause).map(({ what }) => what))];
    const [what, assumed] = [unknown.map((one) => one.what).join(' and '), unknown.map((one) => one.assumed).join(' and ')];
    const reason = `${what} ${unknown.length === 1 ? 'is' : 'are'} unknown, so that ${assumed} of the charts are assumed: ${cause}`;
    return { ...problem('unreadable-file', { kind: 'file', file: 'cluster', line: 0, column: 0 }, { reason }), severity: 'warning' };
  });
}

function mustBeOurs(error: unknown): ClusterFailure {
  if (error instanceof ClusterFailure) return error;
  throw error;
}

async function all(objects: AsyncIterable<KubeObject>): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = [];
  for await (const object of objects) found.push(object);
  return found;
}

function textOf(object: KubeObject): { readonly file: string; readonly text: string } {
  return { file: labelOf(object), text: printedObject(object) };
}

interface Webhook {
  readonly name?: string;
  readonly clientConfig?: { readonly service?: { readonly namespace?: string } };
}

/** The namespaces of the control planes that a configuration of Istio calls. */
function placesOf(configuration: KubeObject): readonly string[] {
  const { webhooks = [] } = configuration as { readonly webhooks?: readonly Webhook[] };
  return webhooks.flatMap(({ name = '', clientConfig }) =>
    name.endsWith('sidecar-injector.istio.io') ? (clientConfig?.service?.namespace ?? []) : [],
  );
}

/** Those of Istio; where the list is forbidden, each by its name, for rights may be given so. */
async function configMaps(namespace: string, webhooks: readonly KubeObject[], access: ClusterAccess): Promise<readonly KubeObject[]> {
  try {
    const maps = await all(allObjects(CONFIG_MAPS, { namespace }, access));
    return maps.filter(isMeshMap);
  } catch (error) {
    if (mustBeOurs(error).failure !== 'forbidden') throw error;
    const revisions = ['default', ...webhooks.map(({ metadata }) => metadata?.labels?.['istio.io/rev'] ?? 'default')];
    const names = [...new Set(revisions)].flatMap((revision) =>
      ['istio', 'istio-sidecar-injector'].map((name) => (revision === 'default' ? name : `${name}-${revision}`)),
    );
    const found = await Promise.all(names.map((name) => byName(name, namespace, access)));
    const maps = found.flatMap((one) => one ?? []);
    if (maps.length === 0) throw error;
    return maps;
  }
}

/** `istio`, `istio-1-28`: others begin so as well, and no revision stands behind their names. */
function isMeshMap({ metadata }: KubeObject): boolean {
  const found = OF_ISTIO.exec(metadata?.name ?? '');
  return found !== null && (found[1] === undefined || found[1] === metadata?.labels?.['istio.io/rev']);
}

async function byName(name: string, namespace: string, access: ClusterAccess): Promise<KubeObject | undefined> {
  try {
    return await oneObject(CONFIG_MAPS, name, { namespace }, access);
  } catch (error) {
    mustBeOurs(error);
    return undefined;
  }
}
