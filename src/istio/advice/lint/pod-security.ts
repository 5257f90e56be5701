/** Pod Security admission: levels of a namespace that refuse the pods which an injector makes. */

import type { WorkloadCheck } from './subject.ts';

const ENFORCE = 'pod-security.kubernetes.io/enforce';

/**
 * `baseline` and `restricted` take no container that adds NET_ADMIN or NET_RAW, `restricted` none that is root
 * (kubernetes.io, "Pod Security Standards"). A pod that lives was admitted.
 */
export const podSecurity: WorkloadCheck = ({ workload, mesh, made, settings }) => {
  const enforced = mesh.namespaces.get(workload.namespace)?.labels.get(ENFORCE);
  if (enforced === undefined || !['baseline', 'restricted'].includes(enforced.value)) return [];
  if (made?.injection.kind !== 'arguments' || settings === undefined) return [];
  if (made.found && workload.kind === 'Pod') return [];
  const level = enforced.value;
  const { source } = enforced;
  const privileged = `use ${ENFORCE}: privileged for this namespace`;
  if (made.injection.installer === 'init') {
    const args = { level, container: 'istio-init', needs: 'is root and adds NET_ADMIN and NET_RAW' };
    return [{ code: 'pod-security', source, args: { ...args, fix: `let the CNI plugin make the rules, or ${privileged}` } }];
  }
  if (settings.values.mode !== 'TPROXY') return [];
  const args = { level, container: 'istio-proxy', needs: 'is root and adds NET_ADMIN in mode TPROXY' };
  return [{ code: 'pod-security', source, args: { ...args, fix: `use mode REDIRECT, or ${privileged}` } }];
};
