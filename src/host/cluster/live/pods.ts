/** The pods whose namespaces can be looked into. */

import type { ClusterName } from '../../../istio/kubernetes/cluster/cluster-name.ts';
import type { ClusterAccess } from '../access.ts';
import { namedPods } from '../named-pods.ts';
import type { KubeObject } from '../object.ts';

export interface LivePod {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly node: string;
  /** Whether containers are made to run as somebody else than root, unless they say so themselves. */
  readonly isNotRoot: boolean;
  /** The init container that made its rules, where one did. */
  readonly initContainer?: string;
}

interface Spec {
  readonly nodeName?: string;
  readonly hostNetwork?: boolean;
  readonly securityContext?: { readonly runAsUser?: number; readonly runAsNonRoot?: boolean };
  readonly initContainers?: readonly { readonly name?: string }[];
}

/** Those that run, and why others of that name can't be looked into. Throws a ClusterFailure. */
export async function livePods(
  name: ClusterName,
  access: ClusterAccess,
): Promise<{ readonly pods: readonly LivePod[]; readonly others: readonly string[] }> {
  const pods: LivePod[] = [];
  const others: string[] = [];
  for await (const pod of namedPods(name, access)) {
    const found = livePodOf(pod);
    if (typeof found === 'string') others.push(found);
    else pods.push(found);
  }
  return { pods, others };
}

/** What is to be known of a pod; a sentence where nobody can look into it. */
function livePodOf({ metadata = {}, spec: given, status }: KubeObject): LivePod | string {
  const spec = (given ?? {}) as Spec;
  const { name = '', namespace = '', uid = '' } = metadata;
  const of = `the pod ${namespace}/${name}`;
  if (spec.hostNetwork === true) return `${of} has its node's network, and no rules of its own`;
  if (status?.['phase'] !== 'Running' || spec.nodeName === undefined)
    return `${of} does not run: it is ${String(status?.['phase'] ?? 'unknown')}`;
  // It goes into a script: the API server makes no other.
  if (!/^[0-9a-zA-Z-]{1,64}$/.test(uid)) return `${of} has no UID`;
  const { runAsUser, runAsNonRoot } = spec.securityContext ?? {};
  const initContainer = spec.initContainers?.find((one) => one.name === 'istio-init')?.name;
  return {
    namespace,
    name,
    uid,
    node: spec.nodeName,
    isNotRoot: (runAsUser !== undefined && runAsUser !== 0) || runAsNonRoot === true,
    ...(initContainer !== undefined && { initContainer }),
  };
}
