/** An object by its name, and what is there in place of one that is not. */

import type { ClusterResource } from '../../istio/kubernetes/cluster/resources.ts';
import { NAMESPACES } from '../../istio/kubernetes/cluster/resources.ts';
import { nearest } from '../../istio/problems.ts';
import { someWords } from '../../netfilter/words.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import { allObjects, oneObject } from './list.ts';
import type { KubeObject } from './object.ts';

const MOST = 5;

/** The object of that name, in a namespace where its resource has one. Throws a ClusterFailure; where there is none, it says what there is. */
export async function namedObject(
  resource: ClusterResource,
  name: string,
  namespace: string | undefined,
  access: ClusterAccess,
): Promise<KubeObject> {
  try {
    return await oneObject(resource, name, namespace === undefined ? {} : { namespace }, access);
  } catch (error) {
    if (!(error instanceof ClusterFailure) || error.failure !== 'no such object') throw error;
    const names = await namesOf(resource, namespace, access);
    if (names === undefined) throw error;
    if (namespace !== undefined && names.length === 0) await refuseNoNamespace(namespace, access);
    const where = namespace === undefined ? 'the cluster' : `the namespace ${namespace}`;
    const there = names.length === 0 ? `it has no ${resource.plural}` : `it has ${someWords(names, MOST)}`;
    throw new ClusterFailure('no such object', `404: ${where} has no ${resource.kind} "${name}"; ${there}${nearest(name, names)}`);
  }
}

/** The namespace of that name. Throws a ClusterFailure; where there is none, it says which there are. */
export async function namedNamespace(name: string, access: ClusterAccess): Promise<KubeObject> {
  return { kind: NAMESPACES.kind, apiVersion: 'v1', ...(await namedObject(NAMESPACES, name, undefined, access)) };
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

/** Of a namespace that is not there a cluster lists nothing, as of an empty one. Throws a ClusterFailure where it tells that there is none. */
export async function refuseNoNamespace(namespace: string, access: ClusterAccess): Promise<void> {
  try {
    await namedNamespace(namespace, access);
  } catch (error) {
    if (error instanceof ClusterFailure && error.failure === 'no such object') throw error;
  }
}
