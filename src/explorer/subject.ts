/** What is looked at: the rules of an ordinary pod, of a pasted manifest, or those of a pasted listing. */

import type { Identification } from '../istio/found/identify.ts';
import { identify } from '../istio/found/identify.ts';
import { ANNOTATIONS } from '../istio/kubernetes/injection/annotations.ts';
import { readManifest } from '../istio/kubernetes/manifest/read.ts';
import type { Workload } from '../istio/kubernetes/manifest/workload.ts';
import { NO_MESH } from '../istio/kubernetes/mesh/mesh.ts';
import { planFromSettings } from '../istio/kubernetes/plan-from-settings.ts';
import { injectionOf } from '../istio/kubernetes/workload-injection.ts';
import { factsOfWorkload, planOfWorkload } from '../istio/kubernetes/workload-plan.ts';
import type { PodNetwork } from '../istio/packets/pod-network.ts';
import { podNetworkOfPlan, podNetworkOfRules } from '../istio/packets/pod-network.ts';
import type { CapturePlan } from '../istio/plan/plan.ts';
import type { Problem } from '../istio/problems.ts';
import { formatProblem } from '../istio/problems.ts';
import { readYaml, writeYaml } from '../istio/yaml.ts';
import { observeText } from '../netfilter/observation.ts';
import { readProblemText } from '../netfilter/read/problems.ts';
import { readRules } from '../netfilter/read.ts';
import type { Rule } from '../netfilter/rule.ts';
import type { Question } from './question.ts';

export interface Subject {
  readonly title: string;
  /** The rules with everything around them; undefined where there are none. */
  readonly network: PodNetwork | undefined;
  /** Who made the rules, or is thought to have made them. */
  readonly plan: CapturePlan | undefined;
  /** Why a rule is there, by the rules of who made them. */
  readonly reason: (rule: Rule) => string | undefined;
  readonly problems: readonly string[];
}

const FILE = 'pasted';

/** Throws a ProblemError where settings or manifests can't be used. */
export function subjectOf(question: Question): Subject {
  const { text } = question;
  if (text.trim() === '') return ofManifest(podYaml(question), question.release, 'an ordinary pod');
  const read = readRules(text);
  if (read.rulesets.some(({ tables }) => tables.some(({ chains }) => chains.some(({ rules }) => rules.length > 0)))) return ofRules(read);
  return ofManifest(text, question.release, undefined);
}

/** The pod of the page's fields, as a manifest that can be copied. */
export function podYaml({ annotations }: Pick<Question, 'annotations'>): string {
  const given = Object.entries(annotations).flatMap(([name, value]) =>
    value === '' ? [] : [[ANNOTATIONS[name as keyof typeof ANNOTATIONS].key, value]],
  );
  return writeYaml({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'ordinary', ...(given.length > 0 && { annotations: Object.fromEntries(given) }) },
    spec: { containers: [{ name: 'app', image: 'app' }], dnsConfig: { nameservers: ['10.96.0.10'] } },
  });
}

function ofManifest(text: string, release: string, name: string | undefined): Subject {
  const documents = readYaml(text);
  if ('reason' in documents) return withoutRules(`line ${documents.line}: ${documents.reason}`);
  const items = documents.flatMap((document) => readManifest(document, FILE));
  const problems = items.flatMap((item) => (item.kind === 'problem' ? [formatProblem(item.problem)] : []));
  const workload = items.find((item) => item.kind === 'workload')?.workload;
  if (workload === undefined) return withoutRules('neither rules nor a workload of Kubernetes were found in the text', ...problems);
  return ofWorkload(workload, release, name);
}

function ofWorkload(workload: Workload, release: string, name: string | undefined): Subject {
  const at = { kind: 'release', release: { value: release, source: { kind: 'option', option: 'release' } }, keepArguments: false } as const;
  const made = injectionOf(workload, { mesh: NO_MESH, at, images: [] });
  const plan = planOfWorkload(made);
  const title = `${name ?? nameOf(workload)}, Istio ${made.release.value}`;
  if (plan === undefined) return { ...withoutRules(), title: `${title}: no rules` };
  return {
    title,
    network: podNetworkOfPlan(plan, { facts: factsOfWorkload(workload) }),
    plan,
    reason: ({ because }) => because?.text,
    problems: [...made.problems, ...plan.problems].map(problemLine),
  };
}

function nameOf({ kind, name }: Workload): string {
  return `${kind} ${name}`;
}

function problemLine(problem: Problem): string {
  return formatProblem(problem);
}

function ofRules(read: ReturnType<typeof readRules>): Subject {
  const seen = observeText(read);
  const found = identify(seen);
  const [likeliest] = found.answers;
  const plan = likeliest?.plan ?? planFromSettings({});
  const known = new Map(
    [plan.ip, plan.ip6].flatMap(({ tables }) =>
      tables.flatMap(({ chains }) => chains.flatMap(({ rules }) => rules.map((rule) => [keyOf(rule), rule.because?.text] as const))),
    ),
  );
  return {
    title: titleOf(found),
    network: podNetworkOfRules(seen, plan, { facts: likeliest?.facts ?? {}, byNobody: likeliest === undefined }),
    plan: likeliest?.plan,
    reason: (rule) => known.get(keyOf(rule)),
    problems: read.problems
      .filter(({ severity }) => severity !== 'info')
      .map((problem) => `line ${problem.line}: ${readProblemText(problem)}`),
  };
}

function keyOf({ matches, target }: Rule): string {
  return JSON.stringify([matches, target], (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
}

function titleOf({ outcome, answers }: Identification): string {
  const [first] = answers;
  if (first === undefined) return outcome === 'unknown' ? 'rules that could not all be read' : 'no rules of an Istio sidecar';
  const [oldest, newest] = [first.releases[0], first.releases.at(-1)];
  const releases = oldest === newest ? `Istio ${newest}` : `Istio ${oldest} to ${newest}`;
  return outcome === 'exact' ? `exactly the rules of ${releases}` : `nearest to ${releases}, with ${first.differences.length} differences`;
}

function withoutRules(...problems: readonly string[]): Subject {
  return { title: 'nothing to look at', network: undefined, plan: undefined, reason: () => undefined, problems };
}
