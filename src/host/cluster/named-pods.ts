/** The pods that a name of a cluster stands for. */

import type { ClusterName } from '../../istio/kubernetes/cluster/cluster-name.ts';
import { PODS, resourceOf } from '../../istio/kubernetes/cluster/resources.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import type { ListSelection } from './list.ts';
import { allObjects } from './list.ts';
import { namespaceOf } from './namespace.ts';
import { namedObject, refuseNoNamespace } from './nearest-object.ts';
import type { KubeObject } from './object.ts';
import { controllerOf, hasEnded } from './object.ts';
import { madeBy, selectorText } from './owners.ts';

/** The pods of a name, and nothing of what touches them; a pod that is named itself may have ended. Throws a ClusterFailure. */
export async function* namedPods(name: ClusterName, access: ClusterAccess): AsyncGenerator<KubeObject> {
  if (name.kind !== 'object') {
    const selection = await selectionOf(name, access);
    let pods = 0;
    for await (const pod of podsIn(selection, access)) {
      pods += 1;
      yield pod;
    }
    if (pods === 0 && selection.namespace !== undefined) await refuseNoNamespace(selection.namespace, access);
    return;
  }
  const namespace = name.namespace ?? (await namespaceOf(access));
  const object = await namedObject(name.resource, name.name, namespace, access);
  if (name.resource.kind === 'Pod') yield object;
  else yield* await podsOf(object, namespace, access);
}

/** All of a namespace, or of the cluster, that have the labels asked for. Throws a ClusterFailure. */
export async function selectionOf(name: Exclude<ClusterName, { kind: 'object' }>, access: ClusterAccess): Promise<ListSelection> {
  const namespace = name.kind === 'cluster' ? {} : { namespace: name.name ?? (await namespaceOf(access)) };
  return { ...namespace, ...(access.selector === undefined ? {} : { labels: access.selector }) };
}

/** The pods of a selection that have not ended. Throws a ClusterFailure, which says how many were read before it. */
export async function* podsIn(selection: ListSelection, access: ClusterAccess): AsyncGenerator<KubeObject> {
  let pods = 0;
  try {
    for await (const pod of allObjects(PODS, selection, access)) {
      pods += 1;
      if (!hasEnded(pod)) yield pod;
    }
  } catch (error) {
    if (!(error instanceof ClusterFailure) || pods === 0) throw error;
    throw new ClusterFailure(error.failure, `only ${pods} pods were read, and how many more there are is unknown: ${error.message}`);
  }
}

/** The pods that an object has made, and that have not ended. Throws a ClusterFailure; so does reading them. */
export async function podsOf(owner: KubeObject, namespace: string, access: ClusterAccess): Promise<AsyncGenerator<KubeObject>> {
  // What a CronJob makes has no labels of its own: its Jobs are between.
  const jobs = owner.kind === 'CronJob' ? await jobsOf(owner, namespace, access) : undefined;
  const labels = jobs === undefined ? selectorText(owner) : undefined;
  const isItsOwn = (pod: KubeObject): boolean => jobs?.has(controllerOf(pod)?.uid ?? '') ?? madeBy(pod, owner);
  return (async function* () {
    for await (const pod of allObjects(PODS, { namespace, ...(labels !== undefined && { labels }) }, access))
      if (!hasEnded(pod) && isItsOwn(pod)) yield pod;
  })();
}

async function jobsOf(owner: KubeObject, namespace: string, access: ClusterAccess): Promise<ReadonlySet<string>> {
  const uids = new Set<string>();
  for await (const job of allObjects(resourceOf('Job'), { namespace }, access))
    if (controllerOf(job)?.uid === owner.metadata?.uid) uids.add(job.metadata?.uid ?? '');
  return uids;
}
