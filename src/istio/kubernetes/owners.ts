/** Who the containers of a pod run as. */

import type { Facts } from '../settings/facts.ts';
import type { PodTemplate } from './manifest/workload.ts';

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
