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
  readonly methods: readonly AccessMethod[];
  /** Why others are closed, a sentence each. */
  readonly closed: readonly string[];
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
  // Several methods need the same right, and each answer takes a start of kubectl.
  const needed = new Map(all.flatMap(({ rights }) => rights.map((right) => [rightText(right), right])));
  const lacking = new Set((await lackingRights([...needed.values()], access)).map(rightText));
  const lackingFor = ({ rights }: AccessMethod): readonly string[] => rights.map(rightText).filter((right) => lacking.has(right));
  return {
    // Where one namespace allows a debug pod, another is no further way.
    methods: all
      .filter((method) => lackingFor(method).length === 0)
      .filter(({ kind }, index, open) => kind !== 'debug pod' || open.findIndex((one) => one.kind === kind) === index),
    closed: [
      ...(place === undefined ? [`no pod of the audit DaemonSet runs on the node ${pod.node}`] : []),
      ...all.flatMap((method) => {
        const rights = lackingFor(method);
        return rights.length === 0 ? [] : [`${NAMES[method.kind]} needs the right to ${rights.join(' and to ')}`];
      }),
      ...(image === undefined ? ['to create anything takes --image IMAGE, the name of your image tools (docs/install.md)'] : []),
    ],
  };
}

const NAMES: Readonly<Record<AccessMethod['kind'], string>> = {
  'audit pod': "the node's audit pod",
  'ephemeral container': 'an ephemeral container',
  'debug pod': "a debug pod on the pod's node",
};
