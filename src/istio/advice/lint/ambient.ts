/** Pods of ambient mode: ztunnel, which has no sidecar's settings. */

import { parseGoBool } from '../../arguments/command-line.ts';
import { BYPASS_INBOUND, DNS_CAPTURE, REROUTE_INTERFACES } from '../../kubernetes/ambient.ts';
import { injectChoice } from '../../kubernetes/injection/inject-choice.ts';
import { quoted } from '../../problems.ts';
import type { ChangeName } from '../../releases/profile.ts';
import type { Raised, WorkloadCheck, WorkloadSubject } from './subject.ts';

/** What ambient mode reads in place of a sidecar's annotations (istio.io, "Ambient mode", and cni/pkg). */
export const READ_IN_AMBIENT =
  'ambient.istio.io/bypass-inbound-capture, ambient.istio.io/dns-capture, istio.io/reroute-virtual-interfaces, and the label istio.io/dataplane-mode: none';

/** Whether a pod without a sidecar is in ambient mode. */
export function isInAmbient({ made }: Pick<WorkloadSubject, 'made'>): boolean {
  return made?.injection.kind === 'none' && made.injection.reason === 'ambient';
}

/** The annotations that the node agent reads, and since when. */
const READ: readonly { readonly name: string; readonly since: ChangeName; readonly truth: boolean }[] = [
  { name: BYPASS_INBOUND, since: 'ambientIngress', truth: true },
  { name: DNS_CAPTURE, since: 'ambientPodKnobs', truth: true },
  { name: REROUTE_INTERFACES, since: 'ambientPodKnobs', truth: false },
];

/** An annotation of the ambient mode on a pod with a sidecar, or of a release whose agent does not read it. */
export const ambientIdle: WorkloadCheck = (subject) => {
  const { workload, made, profile, mesh } = subject;
  if (made === undefined) return [];
  const { annotations } = workload.pod;
  const idle = (name: string, reason: string, fix: string): readonly Raised[] => {
    const given = annotations.get(name);
    return given === undefined
      ? []
      : [{ code: 'ambient-annotation-idle', source: given.source, args: { name: `${name} is`, reason, fix } }];
  };
  if (isInAmbient(subject))
    return READ.filter(({ since }) => !profile.has(since)).flatMap(({ name }) =>
      idle(name, `the node agent of Istio ${profile.release} does not read it`, 'remove it, or use a newer release'),
    );
  // Of a namespace that is not known nothing says that it is injected.
  const sure = made.found || mesh.namespaces.has(workload.namespace) || injectChoice(workload.pod, profile)?.means === 'yes';
  if (made.injection.kind !== 'arguments' || !sure) return [];
  // The sidecar's annotation of interfaces has the name of the third.
  return [BYPASS_INBOUND, DNS_CAPTURE].flatMap((name) => idle(name, 'the pod has a sidecar, and is not in ambient mode', 'remove it'));
};

/** A value that the node agent can't read. */
export const ambientBoolean: WorkloadCheck = (subject) => {
  if (!isInAmbient(subject)) return [];
  return READ.filter(({ truth, since }) => truth && subject.profile.has(since)).flatMap(({ name }): readonly Raised[] => {
    const given = subject.workload.pod.annotations.get(name);
    if (given === undefined || parseGoBool(given.value) !== null) return [];
    return [{ code: 'ambient-not-a-boolean', source: given.source, args: { name, value: quoted(given.value) } }];
  });
};

/** Pods that are added together get each other's rules (pull request 60370). */
export const ambientShared: WorkloadCheck = (subject) => {
  const { made, mesh, profile } = subject;
  const knobs = made?.injection.kind === 'none' ? made.injection.knobs : undefined;
  const source = mesh.values.get('global.nativeNftables')?.source;
  if (knobs?.backend !== 'nftables' || source === undefined || !profile.has('ambientSharedBuilder')) return [];
  return [{ code: 'ambient-shared-rules', source, args: { release: profile.release } }];
};
