/** Whom the proxy of a pod runs as: 1337, or on OpenShift the last user and group that the namespace may have. */

import type { Sourced } from '../../origin.ts';
import type { Profile } from '../../releases/profile.ts';
import type { NamespaceResource } from '../manifest/mesh-resources.ts';
import type { Ids, PodTemplate } from '../manifest/workload.ts';
import type { Layered } from '../mesh/effective.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { strongest } from './layers.ts';
import { proxyContainer } from './proxy-container.ts';
import { injectedText } from './template-data.ts';

export const PROXY_ID = '1337';

const USERS = 'openshift.io/sa.scc.uid-range';
const GROUPS = 'openshift.io/sa.scc.supplemental-groups';

export interface ProxyIds {
  readonly proxyUser: Layered;
  readonly proxyGroup: Layered;
}

/** Whether the release's istiod takes the cluster for OpenShift: the value says it, or a profile that brings it. */
function isOpenShift(mesh: Mesh, { has }: Profile): boolean {
  const platform = mesh.values.get('global.platform')?.value;
  if (platform !== undefined && platform !== '') return platform === 'openshift' && has('injectsByPlatform');
  return has('profileBringsOpenShift') && /^openshift(?:-ambient)?$/.test(mesh.values.get('profile')?.value ?? '');
}

/**
 * The ids that the pod's own istio-proxy asks for, as far as they count: on OpenShift every container is given the same user,
 * so that the release may leave out all of them, or those that another container has.
 */
export function ownProxyIds({ containers, initContainers }: PodTemplate, mesh: Mesh, profile: Profile): Partial<Ids> {
  const ids = proxyContainer({ containers, initContainers })?.ids;
  if (ids === undefined) return {};
  if (!isOpenShift(mesh, profile)) return ids;
  if (profile.has('dropsOwnProxyUser')) return {};
  const others = containers.filter(({ name }) => name.value !== 'istio-proxy');
  const equal = others.some((one) => one.ids.runAsUser !== undefined && one.ids.runAsUser.value === ids.runAsUser?.value);
  return equal && profile.has('dropsEqualProxyUser') ? {} : ids;
}

/** The ids that the injector gives the proxy (`GetProxyIDs` in `pkg/kube/inject/openshift.go`). */
export function proxyIdsOf(mesh: Mesh, namespace: string, profile: Profile): ProxyIds {
  const standard = injectedText(PROXY_ID, profile);
  const resource = profile.has('injectsProxyUser') && isOpenShift(mesh, profile) ? mesh.namespaces.get(namespace) : undefined;
  return {
    proxyUser: strongest(lastOf(resource, USERS), standard) ?? standard,
    // With an annotation of groups that can't be read the group stays 1337; only without one it follows the users.
    proxyGroup: strongest(lastOf(resource, resource?.annotations.has(GROUPS) === true ? GROUPS : USERS), standard) ?? standard,
  };
}

/** The last id of the first range: `1000650000/10000` (start and size) or `1000650000-1000659999`. */
function lastOf(resource: NamespaceResource | undefined, key: string): Sourced<string> | undefined {
  const annotation = resource?.annotations.get(key);
  const text = (key === GROUPS ? annotation?.value.split(',')[0] : annotation?.value) ?? '';
  const [, start = '', sign = '', other = ''] =
    (text.includes('/') ? /^(\d{1,10})(\/)(\d{1,10})/ : /^(\d{1,10})(-)(\d{1,10})/).exec(text) ?? [];
  if (annotation === undefined || start === '' || Number(start) > 0xffffffff || Number(other) > 0xffffffff) return undefined;
  // Go counts in 32 bits, without a sign.
  const last = sign === '/' ? (Number(start) + Number(other) - 1) >>> 0 : Number(other);
  return { value: String(last), source: annotation.source };
}
