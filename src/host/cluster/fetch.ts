/** What a name of a cluster stands for, as objects: what touches pods first, then the pods, then what has none now. */

import type { ClusterName } from '../../istio/kubernetes/cluster/cluster-name.ts';
import type { ClusterResource } from '../../istio/kubernetes/cluster/resources.ts';
import { NAMESPACES, OWNERS, PODS, PROXY_CONFIGS, resourceOf } from '../../istio/kubernetes/cluster/resources.ts';
import { nearest } from '../../istio/problems.ts';
import { someWords } from '../../netfilter/words.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import type { ListSelection } from './list.ts';
import { allObjects, oneObject } from './list.ts';
import { namespaceOf } from './namespace.ts';
import type { KubeObject } from './object.ts';
import { controllerOf, hasEnded } from './object.ts';
import { coveredOwners, madeBy, selectorText } from './owners.ts';

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
    oneObject(resource, name, { namespace }, access).catch((error) => nearestTo(error, resource, name, namespace, access)),
    collected(one(NAMESPACES, namespace, access), 'labels of the namespace'),
    ...[...new Set([namespace, options.rootNamespace])].map((space) =>
      collected(allObjects(PROXY_CONFIGS, { namespace: space }, access), 'ProxyConfigs'),
    ),
  ]);
  for (const part of context) yield* part;
  if (resource.kind === 'Pod') {
    yield { object };
    return;
  }
  let pods = 0;
  for await (const part of podsOf(object, namespace, access)) {
    if ('object' in part) pods += 1;
    yield part;
  }
  if (pods === 0 || options.owners) yield { object };
}

async function* one(resource: ClusterResource, name: string, access: ClusterAccess): AsyncGenerator<KubeObject> {
  const found = await oneObject(resource, name, {}, access).catch((error) => nearestTo(error, resource, name, undefined, access));
  yield { kind: resource.kind, apiVersion: 'v1', ...found };
}

/** The pods that an object has made, and that were not ended. */
async function* podsOf(owner: KubeObject, namespace: string, access: ClusterAccess): AsyncGenerator<Fetched> {
  const labels = selectorText(owner);
  // What a CronJob makes has no labels of its own: its Jobs are between.
  const jobs = owner.kind === 'CronJob' ? await jobsOf(owner, namespace, access) : undefined;
  const selection: ListSelection = { namespace, ...(jobs === undefined && labels !== undefined ? { labels } : {}) };
  for (const part of await collected(allObjects(PODS, selection, access), `pods of ${owner.kind} ${owner.metadata?.name}`))
    if (!('object' in part) || (!hasEnded(part.object) && (jobs?.has(controllerOf(part.object)?.uid ?? '') ?? madeBy(part.object, owner))))
      yield part;
}

async function jobsOf(owner: KubeObject, namespace: string, access: ClusterAccess): Promise<ReadonlySet<string>> {
  const uids = new Set<string>();
  for await (const job of allObjects(resourceOf('Job'), { namespace }, access))
    if (controllerOf(job)?.uid === owner.metadata?.uid) uids.add(job.metadata?.uid ?? '');
  return uids;
}

async function* ofMany(
  name: Exclude<ClusterName, { kind: 'object' }>,
  access: ClusterAccess,
  options: FetchOptions,
): AsyncGenerator<Fetched> {
  const namespace = name.kind === 'cluster' ? undefined : (name.name ?? (await namespaceOf(access)));
  const selection: ListSelection = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(access.selector === undefined ? {} : { labels: access.selector }),
  };
  const spaces = namespace === undefined ? [{}] : [...new Set([namespace, options.rootNamespace])].map((space) => ({ namespace: space }));
  const context = await Promise.all([
    collected(namespace === undefined ? allObjects(NAMESPACES, {}, access) : one(NAMESPACES, namespace, access), 'labels of namespaces'),
    ...spaces.map((space) => collected(allObjects(PROXY_CONFIGS, space, access), 'ProxyConfigs')),
  ]);
  for (const part of context) yield* part;
  const known = coveredOwners();
  let pods = 0;
  try {
    for await (const object of allObjects(PODS, selection, access)) {
      pods += 1;
      if (hasEnded(object)) continue;
      known.add(object);
      yield { object };
    }
  } catch (error) {
    if (!(error instanceof ClusterFailure) || pods === 0) throw error;
    throw new ClusterFailure(error.failure, `only ${pods} pods were read, and how many more there are is unknown: ${error.message}`);
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

/** What is there in place of what is not. */
async function nearestTo(
  error: unknown,
  resource: ClusterResource,
  name: string,
  namespace: string | undefined,
  access: ClusterAccess,
): Promise<never> {
  if (!(error instanceof ClusterFailure) || error.failure !== 'no such object') throw error;
  const names = await namesOf(resource, namespace, access);
  if (names === undefined) throw error;
  if (namespace !== undefined && names.length === 0) await refuseNoNamespace(namespace, access);
  const where = namespace === undefined ? 'the cluster' : `the namespace ${namespace}`;
  const there = names.length === 0 ? `it has no ${resource.plural}` : `it has ${someWords(names, MOST)}`;
  throw new ClusterFailure('no such object', `404: ${where} has no ${resource.kind} "${name}"; ${there}${nearest(name, names)}`);
}

/** What there is of a kind; undefined where that can't be told either. */
async function namesOf(resource: ClusterResource, namespace: string | undefined, access: ClusterAccess): Promise<string[] | undefined> {
  const names: string[] = [];
  try {
    for await (const { metadata } of allObjects(resource, namespace === undefined ? {} : { namespace }, access))
      names.push(metadata?.name ?? '');
    return names;
  } catch {
    return undefined;
  }
}

/** Of a namespace that is not there a cluster lists nothing, as of an empty one. Throws where it tells that there is none. */
async function refuseNoNamespace(namespace: string, access: ClusterAccess): Promise<void> {
  try {
    for await (const _ of one(NAMESPACES, namespace, access)) return;
  } catch (error) {
    if (error instanceof ClusterFailure && error.failure === 'no such object') throw error;
  }
}

const MOST = 5;
