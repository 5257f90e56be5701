/** Who made a pod, as people know it. */

import type { Workload } from '../manifest/workload.ts';
import { PlainPod } from '../plain-pod.ts';

const REPLICA_SET = 'ReplicaSet/';
const TEMPLATE_HASH = 'pod-template-hash';

/** `Deployment shop/cart`. */
export function ownerOf(workload: Workload): string {
  const { kind, name } = ownerIn(workload);
  return `${kind} ${workload.namespace}/${name}`;
}

/**
 * Pods are told by their owner, other workloads by their own name. A Deployment gives its ReplicaSets its own name with
 * the hash of the template behind it, and every pod has that hash as a label.
 */
export function ownerIn(workload: Workload): Pick<Workload, 'kind' | 'name'> {
  const { kind, name, owner } = workload;
  if (owner === undefined) return { kind, name };
  const labels = PlainPod.labelsOf(workload);
  const hash = labels === undefined ? workload.pod.labels.get(TEMPLATE_HASH)?.value : labels.get(TEMPLATE_HASH);
  if (hash !== undefined && owner.startsWith(REPLICA_SET) && owner.endsWith(`-${hash}`))
    return { kind: 'Deployment', name: owner.slice(REPLICA_SET.length, -hash.length - 1) };
  const slash = owner.indexOf('/');
  return { kind: owner.slice(0, slash), name: owner.slice(slash + 1) };
}
