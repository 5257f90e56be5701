/** What is looked at: the rules of a default pod, of a pasted manifest, or those of a pasted listing. */

import type { Identification } from '../../istio/found/identify.ts';
import { identify } from '../../istio/found/identify.ts';
import { observeRules } from '../../istio/found/observe-rules.ts';
import { rulesMadeBy, withReasons } from '../../istio/found/reasons.ts';
import type { Run } from '../../istio/found/runs/run.ts';
import { runIn } from '../../istio/found/runs/run.ts';
import { foundInjection } from '../../istio/kubernetes/injection/observed.ts';
import type { Workload } from '../../istio/kubernetes/manifest/workload.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import { NO_MESH } from '../../istio/kubernetes/mesh/mesh.ts';
import { planFromSettings } from '../../istio/kubernetes/plan-from-settings.ts';
import type { WorkloadInjection } from '../../istio/kubernetes/workload-injection.ts';
import { injectionOf } from '../../istio/kubernetes/workload-injection.ts';
import { factsOfWorkload, planOfWorkload } from '../../istio/kubernetes/workload-plan.ts';
import { isAmbient } from '../../istio/packets/ambient.ts';
import type { PodNetwork } from '../../istio/packets/pod-network.ts';
import { podNetworkOfPlan, podNetworkOfRules } from '../../istio/packets/pod-network.ts';
import { planAmbient } from '../../istio/plan/ambient/ambient-plan.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError } from '../../istio/problems.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { Observation } from '../../netfilter/observation.ts';
import { observeAll } from '../../netfilter/observation.ts';
import { readProblemText } from '../../netfilter/read/problems.ts';
import type { ReadResult } from '../../netfilter/read.ts';
import { isAroundExcerpt } from '../../netfilter/unseen.ts';
import type { Question } from '../question.ts';
import { releaseOf } from '../question.ts';
import type { HeldText } from './parts.ts';
import { heldIn, nameOf } from './parts.ts';
import { podYaml } from './pod-yaml.ts';
import type { ProblemView } from './problems.ts';
import { problemView, withoutPlace } from './problems.ts';

export interface Subject extends Pick<HeldText, 'parts' | 'part'> {
  readonly kind: 'pod' | 'workload' | 'rules' | 'nothing';
  readonly title: string;
  /** That of the rules; of found ones, of who is thought to have made them. */
  readonly release: string;
  /** The rules, each with its reason, and everything around them; undefined where there are none. */
  readonly network: PodNetwork | undefined;
  readonly seen: Observation | undefined;
  /** Who made the rules, or is thought to have made them. */
  readonly plan: CapturePlan | undefined;
  readonly problems: readonly ProblemView[];
}

type Made = Omit<Subject, 'parts' | 'part' | 'kind'>;

const NO_RULES: Omit<Made, 'title' | 'release'> = {
  network: undefined,
  seen: undefined,
  plan: undefined,
  problems: [],
};

/** Throws a ProblemError where settings or manifests can't be used. */
export function subjectOf(question: Question): Subject {
  if (question.text.trim() === '') {
    const made = question.dataplane === 'ambient' ? ofAmbient(question) : ofOrdinary(question);
    return { ...made, kind: 'pod', parts: [], part: '' };
  }
  const { held, parts, part } = heldIn(question.text, question.part);
  switch (held.kind) {
    case 'rules':
      return { ...ofRules(held.read, held.text), kind: 'rules', parts, part };
    case 'workload': {
      const made = ofWorkload(held.workload, question, nameOf(held.workload));
      return { ...made, problems: [...held.problems.map(problemView), ...made.problems], kind: 'workload', parts, part };
    }
    case 'sidecar': {
      const named = { value: question.release, source: RELEASE } as const;
      const request = { file: held.sidecar, sets: setsOf(question), ...(question.release !== '' && { release: named }) };
      const plan = planFromSettings(request);
      return { ...ofPlan(plan, 'settings', podNetworkOfPlan(plan), held.problems), kind: 'workload', parts, part };
    }
    default: {
      const fault = held.fault === undefined ? [] : [{ line: held.fault.line, text: held.fault.reason, severity: 'error' as const }];
      const none = { text: 'neither rules nor a workload of Kubernetes were found in the text', severity: 'error' as const };
      const problems = [...fault, ...held.problems.map(problemView)];
      const listed = problems.length === 0 ? [none] : problems;
      return { ...NO_RULES, title: 'Nothing to look at', release: releaseOf(question), kind: 'nothing', parts, part, problems: listed };
    }
  }
}

const RELEASE = { kind: 'option', option: 'release' } as const;

function setsOf({ settings }: Question): readonly string[] {
  return Object.entries(settings).map(([key, value]) => `${key}=${value}`);
}

function ofOrdinary(question: Question): Made {
  const { held } = heldIn(podYaml(question), '');
  if (held.kind !== 'workload') throw new RangeError('the default pod is no workload');
  const made = ofWorkload(held.workload, { ...question, release: releaseOf(question) }, 'A default pod');
  return { ...made, problems: made.problems.map(withoutPlace) };
}

function ofAmbient(question: Question): Made {
  const { ip, ip6, problems, release } = planAmbient({}, { release: releaseOf(question), releaseSource: RELEASE });
  const seen = observeAll({ ip, ip6 });
  return {
    title: `An ambient pod, Istio ${release}`,
    release,
    network: podNetworkOfRules(seen, planFromSettings({ release: { value: release, source: RELEASE } })),
    seen,
    plan: undefined,
    problems: problems.map(problemView),
  };
}

function ofWorkload(workload: Workload, question: Question, name: string): Made {
  const release = { value: question.release, source: RELEASE } as const;
  const at = question.release === '' ? ({ kind: 'as found' } as const) : ({ kind: 'release', release, keepArguments: true } as const);
  const made = injectionOf(workload, { mesh: meshOf(question), at, images: [] });
  const title = `${name}, Istio ${made.release.value}`;
  const { plan, facts, taken } = planned(made, setsOf(question));
  if (plan === undefined) return { ...NO_RULES, title: `${title}: no rules`, release: made.release.value };
  const injected = foundInjection(workload, []) === undefined ? '' : ', as it was injected';
  return ofPlan(plan, `${name}${injected}`, podNetworkOfPlan(plan, { facts }), made.problems, taken);
}

interface Planned {
  readonly plan: CapturePlan | undefined;
  readonly facts: Facts;
  readonly taken: readonly ProblemView[];
}

// What kubeadm gives to the service of the cluster's DNS.
const NAMESERVER = '10.96.0.10';

/** Rules for DNS may name the nameserver, which a manifest seldom does. */
function planned(made: WorkloadInjection, sets: readonly string[]): Planned {
  const facts = factsOfWorkload(made.workload);
  try {
    return { plan: planOfWorkload(made, {}, sets), facts, taken: [] };
  } catch (error) {
    if (!(error instanceof ProblemError) || error.problems.some(({ code }) => code !== 'servers-unknown')) throw error;
    const assumed = { nameservers: [NAMESERVER] };
    const text = `the pod's nameservers are not known: ${NAMESERVER} is assumed`;
    return { plan: planOfWorkload(made, assumed, sets), facts: { ...facts, ...assumed }, taken: [{ text, severity: 'note' }] };
  }
}

function ofPlan(
  plan: CapturePlan,
  name: string,
  network: PodNetwork,
  problems: readonly Problem[],
  taken: readonly ProblemView[] = [],
): Made {
  return {
    title: `${name}, Istio ${plan.release}`,
    release: plan.release,
    network,
    seen: observeAll(plan),
    plan,
    problems: [...[...new Set([...problems, ...plan.problems])].map(problemView), ...taken],
  };
}

function meshOf({ dataplane }: Question): Mesh {
  if (dataplane !== 'nftables') return NO_MESH;
  return { ...NO_MESH, values: new Map([['global.nativeNftables', { value: 'true', source: { kind: 'option', option: 'dataplane' } }]]) };
}

function ofRules(read: ReadResult, text: string): Made {
  const seen = observeRules(read);
  const found = identify(seen);
  const ambient = isAmbient(seen);
  const [likeliest] = ambient ? [] : found.answers;
  const failed = runIn(text);
  const options = { facts: likeliest?.facts ?? {}, byNobody: likeliest === undefined, ...(failed && { failed }) };
  const ruleOf = rulesMadeBy(likeliest?.plan);
  const network = podNetworkOfRules(seen, likeliest?.plan ?? planFromSettings({}), options);
  return {
    title: ambient ? 'Rules of an ambient pod' : titleOf(found, seen, failed),
    release: likeliest?.plan.release ?? '',
    network: {
      ...network,
      plan: { ...network.plan, ip: withReasons(network.plan.ip, ruleOf), ip6: withReasons(network.plan.ip6, ruleOf) },
    },
    seen,
    plan: likeliest?.plan,
    problems: [
      ...read.problems.map((problem) => ({
        line: problem.line,
        text: readProblemText(problem),
        severity: problem.severity === 'info' ? ('note' as const) : problem.severity,
      })),
      ...(failed?.outcome === 'not known' ? [{ line: 1, text: failed.why, severity: 'warning' as const }] : []),
      ...(failed?.failures.map(({ line, text: why, fix }) => ({ line, text: `${why} ${fix}`, severity: 'error' as const })) ?? []),
    ],
  };
}

function titleOf({ outcome, answers }: Identification, { unseen }: Observation, run: Run | undefined): string {
  const [first] = answers;
  const releases = first === undefined ? '' : `Istio ${spansText(first.releases)}`;
  if (run !== undefined)
    return `${run.outcome !== 'failed' ? 'A run of which nobody knows how it ended' : run.quoted ? 'A page that quotes a run that failed' : 'A run that failed'}${releases === '' ? '' : `: what it shows is nearest to ${releases}`}`;
  if (first === undefined) return outcome === 'unknown' ? 'Rules that could not all be read' : 'No rules of an Istio sidecar';
  const count = first.differences.length;
  // Around rules that somebody took out of a table may stand what they lack.
  const excerpt = outcome === 'nearest' && unseen.some(isAroundExcerpt);
  if (outcome === 'unknown' || excerpt) return `Not known: what could be read is ${count === 0 ? 'as of' : 'nearest to'} ${releases}`;
  if (outcome === 'exact') return `Exactly the rules of ${releases}`;
  return `Nearest to ${releases}, with ${count} ${count === 1 ? 'difference' : 'differences'}`;
}
