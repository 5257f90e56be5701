/** Which ways lead into a pod, the best first: what creates nothing, then the smallest. */

import { randomBytes } from 'node:crypto';
import type { ClusterAccess } from '../access.ts';
import type { AccessMethod } from './access-method.ts';
import { throughAuditPod, throughDebugPod, throughEphemeralContainer } from './access-method.ts';
import type { AuditPods } from './audit-pods.ts';
import type { LivePod } from './pods.ts';
import { lackingRights, rightText } from './rights.ts';

/** Where a node's debug pod is made first: a namespace that allows it in every cluster. */
const DEBUG_NAMESPACE = 'kube-system';

export interface AccessMethods {
  /** The best of those that are open; undefined where none is. */
  readonly method?: AccessMethod;
  /** Why better ones are closed, a sentence each. */
  readonly closed: readonly string[];
  /** What is left where that leads nowhere: its rights are asked for then. */
  readonly others: () => Promise<AccessMethods>;
}

/** Throws a ClusterFailure where the cluster does not say what the user may. */
export async function accessMethods(
  pod: LivePod,
  audit: AuditPods,
  named: string | undefined,
  access: ClusterAccess,
): Promise<AccessMethods> {
  const image = named ?? audit.image;
  const place = audit.byNode.get(pod.node);
  // A name of its own for each run, known before it is made: so it can be ended whatever was answered.
  const name = `istio-init-live-${randomBytes(4).toString('hex')}`;
  const all: readonly AccessMethod[] = [
    ...(place === undefined ? [] : [throughAuditPod(pod, place)]),
    ...(image === undefined
      ? []
      : [
          throughEphemeralContainer(pod, name, image),
          // Who may do nothing in the first may do so at home.
          ...[...new Set([DEBUG_NAMESPACE, access.namespace ?? pod.namespace])].map((space) => throughDebugPod(pod, name, image, space)),
        ]),
  ];
  const found = await firstOpen(all, access);
  return {
    ...found,
    closed: [
      ...(place === undefined ? [withoutAuditPod(audit, pod)] : []),
      ...found.closed,
      ...(image === undefined ? ['to create anything takes --image IMAGE, the name of your image tools (docs/install.md)'] : []),
    ],
  };
}

function withoutAuditPod({ unseen }: AuditPods, { node }: LivePod): string {
  if (unseen === undefined) return `no pod of the audit DaemonSet runs on the node ${node}`;
  return `whether a pod of the audit DaemonSet runs on the node ${node} is unknown: ${unseen}`;
}

/** Asks for the rights of one after the other: each takes a start of kubectl, and most users need those of one method only. */
async function firstOpen(all: readonly AccessMethod[], access: ClusterAccess): Promise<AccessMethods> {
  const closed: string[] = [];
  for (const [index, method] of all.entries()) {
    const lacking = await lackingRights(method.rights, access);
    if (lacking.length === 0) {
      // Where one namespace allows a debug pod, another is no further way.
      const others = all.slice(index + 1).filter(({ kind }) => kind !== 'debug pod' || method.kind !== kind);
      return { method, closed, others: () => firstOpen(others, access) };
    }
    closed.push(`${NAMES[method.kind]} needs the right to ${lacking.map(rightText).join(' and to ')}`);
  }
  return { closed, others: () => firstOpen([], access) };
}

const NAMES: Readonly<Record<AccessMethod['kind'], string>> = {
  'audit pod': "the node's audit pod",
  'ephemeral container': 'an ephemeral container',
  'debug pod': "a debug pod on the pod's node",
};
