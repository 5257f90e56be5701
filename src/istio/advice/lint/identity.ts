/** Containers that the rules take for the proxy, by their user or their group. */

import type { OwnerRange } from '../../../netfilter/numbers.ts';
import { printOwnerRange } from '../../../netfilter/numbers.ts';
import { ISTIO_CONTAINERS } from '../../kubernetes/init-order.ts';
import type { Container } from '../../kubernetes/manifest/workload.ts';
import { foundProxyOwner, madeProxyOwner } from '../../kubernetes/owners.ts';
import type { Sourced } from '../../origin.ts';
import { isAmong } from '../../packets/pod.ts';
import type { Raised, WorkloadCheck } from './subject.ts';
import { capturesOutbound } from './subject.ts';

/** Containers of the application that run beside the proxy: all but those that are over before it starts. */
export function appContainers({
  containers,
  initContainers,
}: {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
}): readonly Container[] {
  const beside = [...containers, ...initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')];
  return beside.filter(({ name }) => !ISTIO_CONTAINERS.includes(name.value));
}

/** Whether a number is one of these ids. */
export function isOneOf(ids: readonly OwnerRange[], given: Sourced<string> | undefined): given is Sourced<string> {
  return given !== undefined && isAmong(ids, Number(given.value));
}

/** What a container does not say, the pod says for it. */
export const proxyIds: WorkloadCheck = ({ workload: { pod }, settings }) => {
  if (settings === undefined) return [];
  const sharedIds = (
    code: 'proxy-user' | 'proxy-group',
    what: 'runAsUser' | 'runAsGroup',
    ids: readonly OwnerRange[],
  ): readonly Raised[] => {
    const containers = appContainers(pod);
    const own = containers.flatMap(({ name, ids: { [what]: id } }): readonly Raised[] =>
      isOneOf(ids, id) ? [{ code, source: id.source, args: { container: `the container ${name.value}`, id: id.value } }] : [],
    );
    const id = pod.ids[what];
    const heirs = containers.filter((container) => container.ids[what] === undefined);
    if (!isOneOf(ids, id) || heirs.length === 0) return own;
    const named = heirs.map(({ name }) => name.value).join(', ');
    return [...own, { code, source: id.source, args: { container: `the container ${named}, as its pod says,`, id: id.value } }];
  };
  return [
    ...sharedIds('proxy-user', 'runAsUser', settings.values['proxy.uids']),
    ...sharedIds('proxy-group', 'runAsGroup', settings.values['proxy.gids']),
  ];
};

/** Rules that take somebody else for the proxy capture what the real one sends: an endless loop. */
export const proxyNotExempt: WorkloadCheck = ({ workload: { pod, source }, made, mesh, profile, settings }) => {
  if (settings === undefined || made?.injection.kind !== 'arguments') return [];
  const { values } = settings;
  if (!capturesOutbound(values)) return [];
  const { uid, gid } = made.found ? foundProxyOwner(pod) : madeProxyOwner(pod, mesh, profile, values.mode === 'TPROXY');
  // What the template gives to a pod that is not injected yet is what the rules are made for.
  if (uid === undefined || isAmong(values['proxy.uids'], uid)) return [];
  if (gid === undefined ? !made.found : isAmong(values['proxy.gids'], gid)) return [];
  const container = [...pod.containers, ...pod.initContainers].find(({ name }) => name.value === 'istio-proxy');
  const exempt = `user ${values['proxy.uids'].map(printOwnerRange).join(', ')} and group ${values['proxy.gids'].map(printOwnerRange).join(', ')}`;
  const unless = gid === undefined ? ', unless its image gives it that group' : '';
  const owner = gid === undefined ? `user ${uid}` : `user ${uid} and group ${gid}`;
  const at = container?.ids.runAsUser?.source ?? pod.ids.runAsUser?.source ?? source;
  return [
    { code: 'proxy-not-exempt', source: at, ...(gid === undefined && { severity: 'warning' as const }), args: { owner, exempt, unless } },
  ];
};

/**
 * A group that all processes have beside their own. `-m owner --gid-owner` looks at the first group alone (xt_owner with
 * no --suppl-groups), so that this matters only to a process that changes its group. Injectors of old put it there themselves.
 */
export const proxyFsGroup: WorkloadCheck = ({ workload: { pod }, made, settings }) => {
  if (settings === undefined || made?.found === true) return [];
  const { fsGroup, supplementalGroups } = pod.ids;
  const gids = settings.values['proxy.gids'];
  return [
    ...(isOneOf(gids, fsGroup) ? [{ where: 'fsGroup', id: fsGroup }] : []),
    ...supplementalGroups.filter((id) => isOneOf(gids, id)).map((id) => ({ where: 'supplementalGroups', id })),
  ].map(({ where, id }) => ({ code: 'proxy-fs-group', source: id.source, args: { where, id: id.value } }));
};
