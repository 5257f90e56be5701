/** Who made a pod, as people know it. */

import type { Workload } from '../manifest/workload.ts';

const REPLICA_SET = 'ReplicaSet/';

/**
 * `Deployment shop/cart`: pods are told by their owner, other workloads by their own name. A Deployment gives its
 * ReplicaSets its own name with the hash of the template behind it, and every pod has that hash as a label.
 */
export function ownerOf({ kind, namespace, name, owner, pod }: Workload): string {
  if (owner === undefined) return `${kind} ${namespace}/${name}`;
  const hash = pod.labels.get('pod-template-hash')?.value;
  if (hash !== undefined && owner.startsWith(REPLICA_SET) && owner.endsWith(`-${hash}`))
    return `Deployment ${namespace}/${owner.slice(REPLICA_SET.length, -hash.length - 1)}`;
  return owner.replace('/', ` ${namespace}/`);
}
