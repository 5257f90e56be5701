/** Manifests that hold one workload, or settings of our own, to its plan. */

import type { TextFile } from '../../host/files.ts';
import { runOfStatus } from '../../istio/found/runs/pod-status.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import { interfacesOf } from '../../istio/kubernetes/network-status.ts';
import { injectedSettings } from '../../istio/kubernetes/ordinary-injection.ts';
import { foundProxyOwner, madeProxyOwner, ownersOf } from '../../istio/kubernetes/owners.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import { counting } from '../../istio/kubernetes/rule-groups/tally.ts';
import type { InjectionRequest, WorkloadInjection } from '../../istio/kubernetes/workload-injection.ts';
import { injectionOf } from '../../istio/kubernetes/workload-injection.ts';
import { factsOfWorkload, planOfWorkload } from '../../istio/kubernetes/workload-plan.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import type { AmbientPlan } from '../../istio/plan/ambient/ambient-plan.ts';
import { planAmbient } from '../../istio/plan/ambient/ambient-plan.ts';
import { knobTexts } from '../../istio/plan/ambient/knob-texts.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { planFor, withProblems } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError } from '../../istio/problems.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import type { Facts, ProxyOwner } from '../../istio/settings/facts.ts';
import { examplesText } from '../workloads/group-names.ts';
import { workloadsInText } from '../workloads/in-text.ts';
import { injectionRequest } from '../workloads/injection-request.ts';
import { noneFound } from '../workloads/none-found.ts';
import type { ChosenSubject } from '../workloads/option.ts';
import { choiceOf, nameOf, several, workloadName } from '../workloads/selection.ts';
import { skippedNotes } from '../workloads/skipped.ts';
import type { Passed, Streamed } from '../workloads/stream.ts';
import { memberOf, oncePerFingerprint, placedSubject, sameRulesKey, subjectPlanner } from '../workloads/subject.ts';
import { forEachWorkload } from '../workloads/workload-stream.ts';
import { defaultPod } from './default-pod.ts';
import type { PlanInput, PlanOptions } from './input.ts';
import { madeWith } from './placeholder-nameserver.ts';
import { planOfSidecar } from './sidecar.ts';
import { whyNoRules } from './why-no-rules.ts';

/** Where the manifests are: files by their names, or a text that was read already. */
export type Manifests = { readonly files: readonly string[] } | { readonly text: TextFile };

/** The plan of the one workload in manifests; `known` is said of its pod. Throws a ProblemError for none, for several, and for what can't be used. */
export async function planOfManifests(manifests: Manifests, given: PlanOptions, known: Facts): Promise<PlanInput> {
  const request = await injectionRequest(given, undefined, 'files' in manifests ? manifests.files : []);
  const passed: Passed = { skipped: new Map(), problems: [] };
  const name = 'text' in manifests ? manifests.text.file : manifests.files.join(' ');
  const planner = oncePerFingerprint(subjectPlanner(request, { facts: known, sets: given.sets, numbering: numbering() }));
  const same = new Map<string, Streamed>();
  const members = counting();
  const names = new Set<string>();
  const take = (one: Streamed): void => {
    const planned = planner(one);
    const key = sameRulesKey(one, planned, known);
    if (!same.has(key)) same.set(key, placedSubject(one));
    if (names.size < MOST_NAMES) names.add(nameOf(one));
    members.add(memberOf(one, planned));
  };
  const choice = given.workload === undefined ? undefined : choiceOf(given.workload);
  const count = await readManifests(manifests, given, { mesh: request.mesh, passed, offer: choice?.offer ?? take });
  if (count === 0) throw noneFound(name, passed);
  for (const one of choice?.chosen(name) ?? []) take(one);
  const [subject, another] = same.values();
  if (subject === undefined || another !== undefined)
    throw several(name, given.workload, { subjects: [...same.values()], names: [...names], count });
  const wrong = passed.problems.filter(({ severity }) => severity === 'error');
  // Of many documents one may be broken without harm to the others.
  if (count === 1 && wrong.length > 0) throw new ProblemError(wrong);
  const input = planOfSubject(subject, request, given, known);
  return {
    ...input,
    ...(members.tally().count === 1 ? {} : { of: examplesText(members.tally(), 1) }),
    plan: withProblems(input.plan, [...warningsOf(request.mesh), ...passed.problems]),
    notes: [...input.notes, ...skippedNotes(passed)],
  };
}

/** More are not told apart in a message. */
const MOST_NAMES = 1000;

/** Shows what is there to `offer`; resolves to how many there were. */
async function readManifests(
  manifests: Manifests,
  given: PlanOptions,
  { mesh, passed, offer }: { readonly mesh: Mesh; readonly passed: Passed; readonly offer: (one: Streamed) => void },
): Promise<number> {
  return 'text' in manifests
    ? workloadsInText(manifests.text, mesh, passed, offer)
    : forEachWorkload(manifests.files, mesh, passed, offer, given);
}

/** The plan of the one that was chosen among those that were read. */
export function planOfChosen({ subject, request, of }: ChosenSubject, given: PlanOptions, known: Facts): PlanInput {
  const input = planOfSubject(subject, request, given, known);
  return { ...input, of, plan: withProblems(input.plan, warningsOf(request.mesh)) };
}

/** The plan of what was found. Throws a ProblemError where it has none. */
export function planOfSubject(subject: Streamed, request: InjectionRequest, given: PlanOptions, known: Facts): PlanInput {
  return subject.kind === 'sidecar' ? planOfSidecar(subject.sidecar, given, known) : planOf(subject, request, given, known);
}

/** The plan of a default pod in the mesh that `--values` describes. */
export async function planInMesh(given: PlanOptions, known: Facts): Promise<PlanInput> {
  const request = await injectionRequest(given);
  const input = planOf({ workload: defaultPod(), mesh: request.mesh }, request, given, known);
  return {
    ...input,
    plan: withProblems(input.plan, warningsOf(request.mesh)),
    notes: [`note: no workload given: a pod without annotations, injected by Istio ${input.plan.release}`],
  };
}

/** What is wrong there is said where a pod is refused for it. */
function warningsOf({ problems }: Mesh): readonly Problem[] {
  return problems.filter(({ severity }) => severity !== 'error');
}

function planOf(
  { workload, mesh }: Pick<Extract<Streamed, { kind: 'workload' }>, 'workload' | 'mesh'>,
  request: InjectionRequest,
  { sets, placeholder = false }: PlanOptions,
  givenFacts: Facts,
): PlanInput {
  const made = injectionOf(workload, { ...request, mesh });
  const basis = { kind: 'workload', made, mesh, sets } as const;
  const name = workloadName(workload);
  if (made.injection.kind === 'refused' && placeholder === true) {
    const known = factsOfWorkload(workload, givenFacts);
    const whyNoPlan = `${name} is not made: ${made.injection.refusal ?? 'the CNI plugin refuses it'}`;
    const plan = withProblems(withoutRules(made, known), [...made.problems, ...made.injection.problems]);
    return { kind: 'plan', plan, notes: [`note: ${whyNoPlan}`], basis, facts: known, of: name, whyNoPlan };
  }
  const run = runOfStatus(workload.pod);
  const {
    plan,
    facts: known,
    ...rest
  } = madeWith(factsOfWorkload(workload, givenFacts), placeholder, (all) => planOfWorkload(made, all, sets));
  // Of these no rule depends, but what becomes of packets does.
  const facts = {
    interfaces: interfacesOf(workload.pod.annotations),
    containers: ownersOf(workload.pod),
    ...(plan !== undefined && { proxy: proxyOf(made, mesh, plan) }),
    ...(mesh.values.get(IP4_LISTENER)?.value === 'true' && { listensOnIp4: true }),
    ...known,
  };
  if (plan !== undefined)
    return { kind: 'plan', plan, notes: [`note: ${whoseText(made)}`], basis, facts, ...rest, of: name, ...(run && { run }) };
  const byAgent = agentPlan(made);
  const noPlanReason =
    byAgent === undefined
      ? `${name} gets no rules: ${whyNoRules(made)}`
      : `${name} gets no rules of a sidecar: ${whyNoRules(made)}; its node agent's are these, Istio ${made.release.value} (${knobTexts(byAgent.knobs).join(' ') || 'as it does by itself'})`;
  const { ip, ip6, nft, routing } = byAgent ?? {};
  const bare = withProblems(withoutRules(made, facts), made.problems);
  return {
    kind: 'plan',
    plan: ip === undefined || ip6 === undefined || routing === undefined ? bare : { ...bare, ip, ip6, ...(nft && { nft }), routing },
    notes: [`note: ${noPlanReason}`],
    basis,
    facts,
    of: name,
    whyNoPlan: noPlanReason,
    ...(isAmbientPod(made) && byAgent === undefined && { unseen: 'the rules of ambient mode, which the node agent makes in the pod' }),
  };
}

/** Who the proxy runs as, as far as the manifest says it. */
function proxyOf({ workload: { pod }, found }: WorkloadInjection, mesh: Mesh, { release, settings }: CapturePlan): ProxyOwner {
  return found ? foundProxyOwner(pod) : madeProxyOwner(pod, mesh, profileOf(release), settings.mode.value === 'TPROXY');
}

/** What the node agent makes in a pod of the ambient mode; undefined for others, and where the release does not say. Throws a ProblemError where the agent fails. */
function agentPlan({ injection, release }: WorkloadInjection): AmbientPlan | undefined {
  const knobs = injection.kind === 'none' ? injection.knobs : undefined;
  return knobs === undefined ? undefined : planAmbient(knobs, { release: release.value, releaseSource: release.source });
}

function isAmbientPod({ injection }: WorkloadInjection): boolean {
  return injection.kind === 'none' && injection.reason === 'ambient';
}

const IP4_LISTENER = 'pilot.env.ISTIO_ENABLE_IPV4_OUTBOUND_LISTENER_FOR_IPV6_CLUSTERS';

/** `Pod default/cart of pod.yaml:3:1, as it was injected by Istio 1.12.9 (pod.yaml:88:12)`. */
function whoseText({ workload, injection, release, found }: WorkloadInjection): string {
  const where = workload.source.kind === 'file' ? ` of ${printSource(workload.source)}` : '';
  const by = injection.kind !== 'none' && injection.installer === 'cni' ? ' with its CNI plugin' : '';
  const text = release.source.kind === 'default' ? 'the newest known' : printSource(release.source);
  return onOneLine(
    `${workloadName(workload)}${where}, as ${found ? 'it was injected by' : 'it would be injected by'} Istio ${release.value}${by} (${text})`,
  );
}

/** The plan of what gets no rules, whatever its settings are. */
function withoutRules({ injection, release, workload }: WorkloadInjection, facts: Facts): CapturePlan {
  const source = injection.kind === 'none' ? injection.source : workload.source;
  const settings = { ...injectedSettings(profileOf(release.value)), mode: { value: 'NONE', source } as const };
  return planFor(settings, release.value, facts);
}
