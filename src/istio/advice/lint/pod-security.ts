/** Pod Security admission: levels of a namespace that refuse the pods which an injector makes. */

import { field, textOf } from '../../yaml-fields.ts';
import type { WorkloadCheck } from './subject.ts';

const ENFORCE = 'pod-security.kubernetes.io/enforce';

const ALLOWED_PROFILES = /RuntimeDefault|Localhost/;

/**
 * `baseline` and `restricted` take no container that adds NET_ADMIN or NET_RAW, `restricted` none that is root
 * and none without a seccomp profile (kubernetes.io, "Pod Security Standards"). A pod that lives was admitted.
 */
export const podSecurity: WorkloadCheck = ({ workload, mesh, made, settings, profile }) => {
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
  if (settings.values.mode !== 'TPROXY') {
    const { pod } = workload;
    const given = profile.has('injectsSeccompProfile') ? mesh.values.get('global.proxy.seccompProfile')?.value : undefined;
    const others = pod.containers.filter(({ name }) => name.value !== 'istio-proxy');
    const profiled = others.every(({ node }) =>
      ALLOWED_PROFILES.test(textOf(field(node, 'securityContext', 'seccompProfile', 'type')) ?? ''),
    );
    // A pod that would be refused without Istio as well is no finding about Istio.
    if (level !== 'restricted' || pod.seccomp !== undefined || given !== undefined || !profiled || others.length === 0) return [];
    const needs = 'has no seccomp profile, which that level asks of every container';
    const fix = 'set securityContext.seccompProfile.type: RuntimeDefault for the pod, or the value global.proxy.seccompProfile';
    return [{ code: 'pod-security', source, args: { level, container: 'istio-proxy', needs, fix } }];
  }
  const args = { level, container: 'istio-proxy', needs: 'is root and adds NET_ADMIN in mode TPROXY' };
  return [{ code: 'pod-security', source, args: { ...args, fix: `use mode REDIRECT, or ${privileged}` } }];
};
