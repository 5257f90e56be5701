/** Who made a pod, as people know it. */

import type { Workload } from '../manifest/workload.ts';

const REPLICA_SET = 'ReplicaSet/';

/** `Deployment shop/cart`. */
export function ownerOf(workload: Workload): string {
  const { kind, name } = ownerIn(workload);
  return `${kind} ${workload.namespace}/${name}`;
}

/**
 * Pods are told by their owner, other workloads by their own name. A Deployment gives its ReplicaSets its own name with
 * the hash of the template behind it, and every pod has that hash as a label.
 */
export function ownerIn({ kind, name, owner, pod }: Workload): Pick<Workload, 'kind' | 'name'> {
  if (owner === undefined) return { kind, name };
  const hash = pod.labels.get('pod-template-hash')?.value;
  if (hash !== undefined && owner.startsWith(REPLICA_SET) && owner.endsWith(`-${hash}`))
    return { kind: 'Deployment', name: owner.slice(REPLICA_SET.length, -hash.length - 1) };
  const slash = owner.indexOf('/');
  return { kind: owner.slice(0, slash), name: owner.slice(slash + 1) };
}
