/** Pods whose rules the node agent of the ambient mode makes, and with which knobs. */

import { parseGoBool } from '../arguments/command-line.ts';
import type { Origin, Sourced } from '../origin.ts';
import type { AmbientKnobs } from '../plan/ambient/knobs.ts';
import type { Profile } from '../releases/profile.ts';
import type { Workload } from './manifest/workload.ts';
import type { Mesh } from './mesh/mesh.ts';

/** The label of a pod, or of its namespace, that asks for a mode. */
const DATAPLANE_MODE = 'istio.io/dataplane-mode';

/** What the agent writes onto a pod that it has taken. */
export const REDIRECTED = 'ambient.istio.io/redirection';

export const BYPASS_INBOUND = 'ambient.istio.io/bypass-inbound-capture';
export const DNS_CAPTURE = 'ambient.istio.io/dns-capture';
export const REROUTE_INTERFACES = 'istio.io/reroute-virtual-interfaces';

/** Why a pod without a sidecar is in ambient mode: what the agent wrote, its own label, or that of its namespace. The label `none` keeps it out. */
export function ambientSource({ pod, namespace }: Workload, { namespaces }: Mesh): Origin | undefined {
  const redirected = pod.annotations.get(REDIRECTED);
  if (redirected?.value === 'enabled') return redirected.source;
  if (pod.hostNetwork) return undefined;
  const own = pod.labels.get(DATAPLANE_MODE);
  if (own?.value === 'none') return undefined;
  const mode = own?.value === 'ambient' ? own : namespaces.get(namespace)?.labels.get(DATAPLANE_MODE);
  return mode?.value === 'ambient' ? mode.source : undefined;
}

function isOn(given: Sourced<string> | undefined, otherwise: boolean): boolean {
  return given === undefined ? otherwise : given.value === 'true';
}

/** The knobs with which the agent of a release makes the rules of a pod: of its annotations, and of the values of the charts. */
export function ambientKnobsOf({ pod }: Workload, { values }: Mesh, { has }: Profile): AmbientKnobs {
  // As Go's strconv.ParseBool has it; what is none says nothing.
  const annotation = (name: string): boolean | undefined => parseGoBool(pod.annotations.get(name)?.value ?? '') ?? undefined;
  const value = (name: 'dnsCapture' | 'ipv6'): Sourced<string> | undefined =>
    values.get(`ambient.${name}`) ?? values.get(`cni.ambient.${name}`);
  const native = isOn(values.get('global.nativeNftables'), false) && has('ambientNftables');
  const podDNS = annotation(DNS_CAPTURE);
  const interfaces = (pod.annotations.get(REROUTE_INTERFACES)?.value ?? '').split(',').map((name) => name.trim());
  const virtualInterfaces = interfaces.filter((name) => name !== '');
  return {
    ...(native ? { backend: 'nftables' } : {}),
    ...(isOn(value('ipv6'), true) && has('ambientIp6') ? { ipv6: true } : {}),
    ...(isOn(value('dnsCapture'), has('ambientDnsByDefault')) ? { dns: true } : {}),
    ...(annotation(BYPASS_INBOUND) === true && has('ambientIngress') ? { ingress: true } : {}),
    ...(podDNS === undefined || !has('ambientPodKnobs') ? {} : { podDNS: podDNS ? 'on' : 'off' }),
    ...(virtualInterfaces.length === 0 || !has('ambientPodKnobs') ? {} : { virtualInterfaces }),
  };
}
