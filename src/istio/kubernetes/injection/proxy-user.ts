/** Whom the proxy of a pod runs as: 1337, or on OpenShift the last user and group that the namespace may have. */

import type { Sourced } from '../../origin.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Layered } from '../mesh/effective.ts';
import type { Mesh, NamespaceResource } from '../mesh/mesh.ts';
import { strongest } from './layers.ts';
import { injectedText } from './template-data.ts';

export const PROXY_ID = '1337';

const USERS = 'openshift.io/sa.scc.uid-range';
const GROUPS = 'openshift.io/sa.scc.supplemental-groups';

export interface ProxyIds {
  readonly proxyUser: Layered;
  readonly proxyGroup: Layered;
}

/** The ids that the injector gives the proxy (`GetProxyIDs` in `pkg/kube/inject/openshift.go`). */
export function proxyIdsOf(mesh: Mesh, namespace: string, profile: Profile): ProxyIds {
  const standard = injectedText(PROXY_ID, profile);
  const resource = profile.has('injectsProxyUser') ? mesh.namespaces.get(namespace) : undefined;
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
