/** What a name of a cluster stands for, as objects: what touches pods first, then the pods, then what has none now. */

import type { ClusterName } from '../../istio/kubernetes/cluster/cluster-name.ts';
import type { ClusterResource } from '../../istio/kubernetes/cluster/resources.ts';
import { NAMESPACES, OWNERS, PROXY_CONFIGS } from '../../istio/kubernetes/cluster/resources.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import type { ListSelection } from './list.ts';
import { allObjects } from './list.ts';
import { podsIn, podsOf, selectionOf } from './named-pods.ts';
import { namespaceOf } from './namespace.ts';
import { namedNamespace, namedObject } from './nearest-object.ts';
import type { KubeObject } from './object.ts';
import { controllerOf } from './object.ts';
import { coveredOwners } from './owners.ts';

/** An object, or what could not be seen of the rest: then that is unknown. */
export type Fetched = { readonly object: KubeObject } | { readonly unseen: string; readonly severity: 'error' | 'warning' };

export interface FetchOptions {
  /** Whether owners come beside their pods; else only where they have none. */
  readonly owners: boolean;
  /** Whose ProxyConfigs touch every pod. */
  readonly rootNamespace: string;
}

/** Never throws: what can't be read is told in its place. */
export async function* fetched(name: ClusterName, access: ClusterAccess, options: FetchOptions): AsyncGenerator<Fetched> {
  try {
    yield* name.kind === 'object' ? ofObject(name, access, options) : ofMany(name, access, options);
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    yield { unseen: error.message, severity: 'error' };
  }
}

async function* ofObject(
  { resource, name, namespace: named }: Extract<ClusterName, { kind: 'object' }>,
  access: ClusterAccess,
  options: FetchOptions,
): AsyncGenerator<Fetched> {
  const namespace = named ?? (await namespaceOf(access));
  const [object, ...context] = await Promise.all([
    namedObject(resource, name, namespace, access),
    collected(onlyNamespace(namespace, access), 'labels of the namespace'),
    ...proxyConfigs([namespace, options.rootNamespace], access),
  ]);
  for (const part of context) yield* part;
  if (resource.kind === 'Pod') {
    yield { object };
    return;
  }
  const pods = await collected(await podsOf(object, namespace, access), `pods of ${object.kind} ${object.metadata?.name}`);
  yield* pods;
  if (options.owners || !pods.some((part) => 'object' in part)) yield { object };
}

async function* onlyNamespace(namespace: string, access: ClusterAccess): AsyncGenerator<KubeObject> {
  yield await namedNamespace(namespace, access);
}

/** Those of some namespaces, or of all. */
function proxyConfigs(namespaces: readonly string[] | undefined, access: ClusterAccess): readonly Promise<readonly Fetched[]>[] {
  const selections = namespaces === undefined ? [{}] : [...new Set(namespaces)].map((namespace) => ({ namespace }));
  return selections.map((selection) => collected(allObjects(PROXY_CONFIGS, selection, access), 'ProxyConfigs'));
}

async function* ofMany(
  name: Exclude<ClusterName, { kind: 'object' }>,
  access: ClusterAccess,
  options: FetchOptions,
): AsyncGenerator<Fetched> {
  const selection = await selectionOf(name, access);
  const { namespace } = selection;
  const context = await Promise.all([
    collected(namespace === undefined ? allObjects(NAMESPACES, {}, access) : onlyNamespace(namespace, access), 'labels of namespaces'),
    ...proxyConfigs(namespace === undefined ? undefined : [namespace, options.rootNamespace], access),
  ]);
  for (const part of context) yield* part;
  const known = coveredOwners();
  for await (const object of podsIn(selection, access)) {
    known.add(object);
    yield { object };
  }
  // The first page of each is asked for at the same time: most clusters have no more, and kubectl takes its time to start.
  const kinds = OWNERS.map((resource) => {
    const rest = withoutPods(resource, selection, access, options, known);
    return { rest, first: rest.next() };
  });
  for (const { rest, first } of kinds) {
    const { done, value } = await first;
    if (done === true) continue;
    yield value;
    yield* rest;
  }
}

/** Owners of a kind that have no pods now; that a cluster has no such kind is none of our business. */
async function* withoutPods(
  resource: ClusterResource,
  selection: ListSelection,
  access: ClusterAccess,
  { owners }: FetchOptions,
  known: ReturnType<typeof coveredOwners>,
): AsyncGenerator<Fetched> {
  try {
    for await (const object of allObjects(resource, selection, access)) {
      if (controllerOf(object) !== undefined || (!owners && known.has(object))) continue;
      yield { object };
    }
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    if (error.failure === 'no such resource') return;
    yield { unseen: `${resource.kind}s without pods are unknown: ${error.message}`, severity: isPartial(error) ? 'error' : 'warning' };
  }
}

/** Whether what came before may be a part of more. */
function isPartial({ failure }: ClusterFailure): boolean {
  return failure !== 'forbidden';
}

/** All that comes, or why it is unknown: that touches pods, and does not make them. */
async function collected(objects: AsyncIterable<KubeObject>, what: string): Promise<readonly Fetched[]> {
  const found: Fetched[] = [];
  try {
    for await (const object of objects) found.push({ object });
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    if (error.failure === 'no such resource') return [];
    // What is not there has no labels, and is what was asked for; a list of which a part is missing is none.
    const reason = error.failure === 'no such object' ? error.message : `${what} are unknown: ${error.message}`;
    return [{ unseen: reason, severity: isPartial(error) ? 'error' : 'warning' }];
  }
  return found;
}
