/** Who the containers of a pod run as. */

import type { Profile } from '../releases/profile.ts';
import type { Facts, ProxyOwner } from '../settings/facts.ts';
import { ownProxyIds } from './injection/proxy-user.ts';
import type { Ids, PodTemplate } from './manifest/workload.ts';
import type { Mesh } from './mesh/mesh.ts';

/** The containers beside the proxy: a container's securityContext beats the pod's, and what neither says the image decides. */
export function ownersOf({ ids, containers }: PodTemplate): NonNullable<Facts['containers']> {
  return containers
    .filter(({ name }) => name.value !== 'istio-proxy')
    .map((one) => {
      const [uid, gid] = (['runAsUser', 'runAsGroup'] as const).map((key) => numberOf((one.ids[key] ?? ids[key])?.value));
      return { name: one.name.value, ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
    });
}

function numberOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}

/** Who the sidecar of an injected pod runs as: what its container does not say, its pod says; else the image decides. */
export function foundProxyOwner({ ids, containers, initContainers }: PodTemplate): ProxyOwner {
  const container = [...containers, ...initContainers].find(({ name }) => name.value === 'istio-proxy');
  return container === undefined ? {} : ownerOf({ ...ids, ...container.ids });
}

/**
 * Who the sidecar will run as, where the pod's own istio-proxy says it: the template has numbers of its own, over which the
 * container's go. A transparent proxy is root whatever stands there.
 */
export function madeProxyOwner(pod: PodTemplate, mesh: Mesh, profile: Profile, transparent: boolean): ProxyOwner {
  return transparent ? {} : ownerOf(ownProxyIds(pod, mesh, profile));
}

function ownerOf({ runAsUser, runAsGroup }: Partial<Ids>): ProxyOwner {
  const [uid, gid] = [numberOf(runAsUser?.value), numberOf(runAsGroup?.value)];
  return { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
}
