/** The pods of the DaemonSet that audits nodes (docs/examples/audit-daemonset.yaml), and the image that they have. */

import { PODS } from '../../../istio/kubernetes/cluster/resources.ts';
import type { ClusterAccess } from '../access.ts';
import { ClusterFailure } from '../failure.ts';
import { allObjects } from '../list.ts';
import type { ExecPlace } from './remote-namespace.ts';

/** As the example names them. */
export const AUDIT = { namespace: 'istio-init-audit', labels: 'app=istio-init-audit', container: 'audit' } as const;

export interface AuditPods {
  /** Where commands run, by node. */
  readonly byNode: ReadonlyMap<string, ExecPlace>;
  readonly image?: string;
  /** Why nobody can say which there are. */
  readonly unseen?: string;
}

interface Spec {
  readonly nodeName?: string;
  readonly containers?: readonly { readonly name?: string; readonly image?: string }[];
}

/** Those that run; where they may not be looked for, that is said. Throws a ClusterFailure where the cluster does not answer. */
export async function auditPods(access: ClusterAccess): Promise<AuditPods> {
  const byNode = new Map<string, ExecPlace>();
  let image: string | undefined;
  try {
    for await (const { metadata = {}, spec: given, status } of allObjects(PODS, AUDIT, access)) {
      const { nodeName, containers = [] } = (given ?? {}) as Spec;
      const found = containers.find(({ name }) => name === AUDIT.container);
      if (found === undefined) continue;
      image ??= found.image;
      if (nodeName === undefined || status?.['phase'] !== 'Running') continue;
      byNode.set(nodeName, { namespace: AUDIT.namespace, pod: metadata.name ?? '', container: AUDIT.container });
    }
  } catch (error) {
    if (!(error instanceof ClusterFailure) || error.failure !== 'forbidden') throw error;
    return { byNode, ...(image !== undefined && { image }), unseen: error.message };
  }
  return { byNode, ...(image !== undefined && { image }) };
}
