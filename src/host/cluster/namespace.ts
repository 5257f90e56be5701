/** The namespace in which names are looked for. */

import { isNamespace } from '../../istio/kubernetes/cluster/cluster-name.ts';
import { system } from '../system.ts';
import type { ClusterAccess } from './access.ts';
import { ClusterFailure } from './failure.ts';
import { kubectl } from './kubectl.ts';

/** Where a pod finds the namespace it is in. */
const IN_POD = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

/** That of the options, of the context, of the pod that this runs in, or `default`: as kubectl has it. Throws a ClusterFailure. */
export async function namespaceOf(access: ClusterAccess): Promise<string> {
  if (access.namespace !== undefined) return access.namespace;
  const found = (await contextNamespace(access)) ?? 'default';
  if (!isNamespace(found)) throw new ClusterFailure('no context', `the context's namespace ${JSON.stringify(found)} is none of Kubernetes`);
  return found;
}

async function contextNamespace(access: ClusterAccess): Promise<string | undefined> {
  try {
    return (await kubectl(['config', 'view', '--minify', '-o', 'jsonpath={..namespace}'], access)).trim() || undefined;
  } catch (error) {
    if (!(error instanceof ClusterFailure) || !error.message.includes('current-context')) throw error;
    return system.readText(IN_POD)?.trim();
  }
}
