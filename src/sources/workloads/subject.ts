/** One that `-f` holds: a workload of Kubernetes, or settings of our own. */

import { runOfStatus } from '../../istio/found/runs/pod-status.ts';
import { fingerprintOf } from '../../istio/kubernetes/fingerprint.ts';
import { placedWorkload } from '../../istio/kubernetes/manifest/workload.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import { interfacesOf } from '../../istio/kubernetes/network-status.ts';
import { foundProxyOwner, ownersOf } from '../../istio/kubernetes/owners.ts';
import { planFromSettings } from '../../istio/kubernetes/plan-from-settings.ts';
import { ownerOf } from '../../istio/kubernetes/rule-groups/owner.ts';
import type { PlannedInjection, PlannerOptions } from '../../istio/kubernetes/rule-groups/planner.ts';
import { planned, plannerFor } from '../../istio/kubernetes/rule-groups/planner.ts';
import { recent } from '../../istio/kubernetes/rule-groups/recent.ts';
import type { Member } from '../../istio/kubernetes/rule-groups/tally.ts';
import type { AtRelease, InjectionRequest } from '../../istio/kubernetes/workload-injection.ts';
import { factsOfWorkload } from '../../istio/kubernetes/workload-plan.ts';
import { printSource } from '../../istio/origin.ts';
import { ProblemError, problem } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Streamed } from './stream.ts';
import { countOf } from './workload-stream.ts';

export type Subject = Streamed;

/** A subject that may be kept. */
export function placedSubject(subject: Subject): Subject {
  return subject.kind === 'workload' ? { ...subject, workload: placedWorkload(subject.workload) } : subject;
}

/** How a subject is counted. */
export function memberOf(subject: Subject, { release, outcome }: Pick<PlannedInjection, 'release' | 'outcome'>): Member {
  const [first] = outcome.kind === 'trouble' ? outcome.problems : [];
  const detail = first?.args['value'];
  return {
    owner: subject.kind === 'workload' ? ownerOf(subject.workload) : `SidecarCapture of ${printSource(subject.source)}`,
    source: subject.kind === 'workload' ? subject.workload.source : subject.source,
    count: countOf(subject),
    ...(release === undefined ? {} : { release }),
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Equal for those of which everything that is asked has the same answer: their rules, and what else decides about packets. */
export function sameRulesKey(subject: Subject, { number }: Pick<PlannedInjection, 'number'>, reported: Facts): string {
  if (subject.kind !== 'workload') return JSON.stringify([number]);
  const { pod } = subject.workload;
  const { addresses = [] } = factsOfWorkload(subject.workload, reported);
  const families = FAMILIES.filter((family) => addresses.some((address) => address.includes(':') === (family === 'ip6')));
  const failed = runOfStatus(pod)?.why;
  const { uid: proxyUid, gid: proxyGid } = foundProxyOwner(pod);
  const owners = new Set([`proxy ${proxyUid}:${proxyGid}`, ...ownersOf(pod).map(({ uid, gid }) => `${uid}:${gid}`)]);
  const interfaces = interfacesOf(pod.annotations).map(({ name }) => name);
  return JSON.stringify([number, families, failed ?? null, [...owners].sort(), interfaces]);
}

// Of those that have not come for so long what is known is found out again.
const KEPT = 1024;

/** Finds out once what holds for all workloads that are alike. Where the mesh has grown, all is found out again. */
export function oncePerFingerprint<V>(find: (subject: Subject) => V): (subject: Subject) => V {
  // A cluster may have several control planes, and its pods come in any order.
  const byMesh = new WeakMap<Mesh, ReturnType<typeof recent<V>>>();
  return (subject) => {
    if (subject.kind !== 'workload') return find(subject);
    const kept = byMesh.get(subject.mesh) ?? recent<V>(KEPT);
    byMesh.set(subject.mesh, kept);
    return kept(fingerprintOf(subject.workload, subject.mesh), () => find(placedSubject(subject)));
  };
}

export type SubjectPlanner = (subject: Subject) => PlannedInjection;

/** What becomes of every subject; each at its own release, or at the one that is asked for. */
export function subjectPlanner(request: InjectionRequest, options: PlannerOptions): SubjectPlanner {
  const plan = plannerFor(request, options);
  return (subject) => {
    if (subject.kind === 'workload') return plan(subject.workload, subject.mesh);
    const made = planned(options.facts, (facts) => planOfSidecar(subject, request.at, { ...options, facts }), options);
    return { ...made, found: false, problems: made.outcome.kind === 'rules' ? made.outcome.plan.problems : [] };
  };
}

function planOfSidecar(
  { sidecar, source }: Extract<Subject, { readonly kind: 'sidecar' }>,
  at: AtRelease,
  { facts, sets }: PlannerOptions,
): ReturnType<typeof planFromSettings> {
  if (at.kind === 'own' && sidecar.release === undefined) throw new ProblemError([problem('not-injected', source)]);
  return planFromSettings({ file: sidecar, sets, facts, ...(at.kind === 'release' ? { release: at.release } : {}) });
}
