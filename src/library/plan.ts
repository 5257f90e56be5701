/** What a caller knows of a pod, to the plan of its rules. */

import type { Basis } from '../istio/advice/explain/basis.ts';
import { withoutPlaceholder } from '../istio/advice/explain/without-placeholder.ts';
import type { Explanation } from '../istio/advice/explain.ts';
import { explain as explained } from '../istio/advice/explain.ts';
import { badOption } from '../istio/bad-option.ts';
import type { Injection, Installer } from '../istio/kubernetes/injection/injected.ts';
import { INSTALLERS } from '../istio/kubernetes/injection/injected.ts';
import type { Workload } from '../istio/kubernetes/manifest/workload.ts';
import { planFromSettings } from '../istio/kubernetes/plan-from-settings.ts';
import type { AtRelease } from '../istio/kubernetes/workload-injection.ts';
import { injectionOf } from '../istio/kubernetes/workload-injection.ts';
import { factsOfWorkload, planOfWorkload } from '../istio/kubernetes/workload-plan.ts';
import type { CapturePlan } from '../istio/plan/plan.ts';
import { withProblems } from '../istio/plan/plan.ts';
import { type PlanOptions, planFromArguments as planOfArguments } from '../istio/plan/plan-from-arguments.ts';
import { blurred, withPlaceholder } from '../istio/plan/unknown-nameservers.ts';
import type { Problem } from '../istio/problems.ts';
import { nearest, ProblemError, quoted, throwErrors } from '../istio/problems.ts';
import type { Release } from '../istio/releases/known.ts';
import { resolveRelease } from '../istio/releases/resolve-release.ts';
import type { Facts } from '../istio/settings/facts.ts';
import { factsFrom, fields, inOwnWords, text, texts, textsByName } from './checked.ts';
import type { Texts } from './manifests.ts';
import { meshFrom, readManifests } from './manifests.ts';

/** What is known of a pod. Without anything: a default pod of the newest release. */
export interface PlanInput {
  /** `1.23`, `1.23.4`, ...; without it that of the workload, of the mesh, or the newest known. */
  readonly release?: string;
  /** Settings by their keys, as `--set` takes them: `{ 'inbound.excludePorts': '9100' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Manifests with one workload, or a SidecarCapture. */
  readonly manifests?: Texts;
  /** The one of several workloads: `Deployment/shop/orders`, `shop/orders` or `orders`. */
  readonly workload?: string;
  /** What the mesh is installed with: Helm values, an IstioOperator, a MeshConfig, ConfigMaps. */
  readonly values?: Texts;
  /** Who makes the rules, where the workload does not tell. */
  readonly installer?: Installer;
  /** Arguments of istio-iptables, in place of settings and manifests. */
  readonly arguments?: readonly string[];
  /** Its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Addresses of the pod: without any it has IPv4 only. */
  readonly addresses?: readonly string[];
  /**
   * Those of its resolv.conf. `unknown` for a plan to follow packets through all the same: rules that would name them say `NAMESERVER`,
   * and what depends on these is unknown. Such rules are for no program to load.
   */
  readonly nameservers?: readonly string[] | 'unknown';
}

const KEYS = [
  'release',
  'settings',
  'manifests',
  'workload',
  'values',
  'installer',
  'arguments',
  'environment',
  'addresses',
  'nameservers',
] as const;

/** A workload, and what Istio makes of it. */
export interface InjectedWorkload {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly release: Release;
  /** Whether the pod is injected already: then these are its own arguments. */
  readonly found: boolean;
  readonly injection: Injection;
  readonly problems: readonly Problem[];
}

interface Planned {
  readonly plan: CapturePlan;
  readonly basis: Basis;
  readonly facts: Facts;
  /** What is not known, and stands in among the facts. */
  readonly missing?: readonly Problem[];
}

/** The plan of what is known of a pod. Throws a ProblemError where no plan can be made of it. */
export function plan(input: PlanInput = {}): CapturePlan {
  const { plan: made, missing } = planned('plan', input);
  return missing === undefined ? made : blurred(made, missing);
}

/** Each setting with its origin and its effect, and each rule with its reason. Throws a ProblemError as `plan` does. */
export function explain(input: PlanInput = {}): Explanation {
  const { plan: made, basis, facts, missing } = planned('explain', input);
  const whole = explained(made, basis, facts);
  return missing === undefined ? whole : withoutPlaceholder(whole, missing);
}

/** What the injector, or the CNI plugin, makes of every workload. Throws a ProblemError for input that can't be used at all. */
export function injection(input: Pick<PlanInput, 'manifests' | 'values' | 'release' | 'installer'>): readonly InjectedWorkload[] {
  const { manifests, ...rest } = fields('injection', input, ['manifests', 'values', 'release', 'installer']);
  const { workloads, mesh, problems } = readManifests(manifests, meshFrom(rest.values));
  if (workloads.length === 0) throw problems.length > 0 ? new ProblemError(problems) : badOption('manifests', 'hold no workload');
  return workloads.map((workload) => {
    const { release, ...made } = injectionOf(workload, { mesh, images: [], ...requestOf(rest) });
    const { kind, namespace, name } = workload;
    return { kind, namespace, name, release: release.value, found: made.found, injection: made.injection, problems: made.problems };
  });
}

/** The plan that a release's istio-iptables makes of arguments. Throws a ProblemError where that program, or iptables after it, would fail. */
export function planFromArguments(args: readonly string[], options: PlanOptions = {}): CapturePlan {
  const words = texts('arguments', args);
  const { release, env } = fields('options', options, OPTIONS);
  factsFrom(options);
  if (release !== undefined) text('release', release);
  if (env !== undefined) textsByName('env', env);
  return inOwnWords(optionName, () => planOfArguments(words, options));
}

const OPTIONS = Object.keys({
  release: true,
  env: true,
  addresses: true,
  nameservers: true,
  releaseSource: true,
  interfaces: true,
  containers: true,
  proxy: true,
  listensOnIp4: true,
  services: true,
  users: true,
  groups: true,
} satisfies Record<keyof PlanOptions, true>) as (keyof PlanOptions)[];

function planned(called: string, input: PlanInput): Planned {
  return inOwnWords(optionName, () => plannedOf(called, input));
}

const NAMES: Readonly<Record<string, string>> = { '--set': 'settings', '--nameserver': 'nameservers' };

function optionName(option: string): string {
  return NAMES[option] ?? option;
}

function plannedOf(called: string, input: PlanInput): Planned {
  const given = fields(called, input, KEYS);
  if (given.nameservers !== 'unknown') return plannedWith(given, factsFrom(given));
  const { nameservers: _, ...known } = given;
  let planned: Planned | undefined;
  const {
    plan: made,
    missing,
    facts,
  } = withPlaceholder(factsFrom(known), (all) => {
    planned = plannedWith(known, all);
    return planned.plan;
  });
  return { ...(planned as unknown as Planned), plan: made, facts, ...(missing && { missing }) };
}

function plannedWith(given: Given, facts: Facts): Planned {
  const release = given.release === undefined ? {} : { release: text('release', given.release) };
  if (given.arguments !== undefined) {
    const other = (['settings', 'manifests', 'values', 'workload', 'installer'] as const).find((key) => given[key] !== undefined);
    if (other !== undefined) throw badOption(other, 'does not go with arguments');
    const [words, env] = [texts('arguments', given.arguments), textsByName('environment', given.environment ?? {})];
    const made = planOfArguments(words, { ...facts, ...release, env });
    return { plan: made, basis: { kind: 'arguments', words, environment: env }, facts };
  }
  if (given.environment !== undefined) throw badOption('environment', 'goes with arguments');
  const sets = Object.entries(textsByName('settings', given.settings ?? {})).map(([key, value]) => `${key}=${value}`);
  if (given.manifests === undefined) {
    const stray = (['values', 'workload', 'installer'] as const).find((key) => given[key] !== undefined);
    if (stray !== undefined) throw badOption(stray, `${stray === 'values' ? 'go' : 'goes'} with manifests`);
    return ofSettings({ sets }, given.release, facts);
  }
  return ofManifests(given, sets, facts);
}

export type Given = Readonly<Partial<Record<(typeof KEYS)[number], unknown>>>;

function ofSettings(
  request: { readonly sets: readonly string[] } & Pick<Parameters<typeof planFromSettings>[0], 'file'>,
  release: unknown,
  facts: Facts,
): Planned {
  const named = release === undefined ? {} : { release: { value: text('release', release), source: RELEASE } };
  const { sets, file } = request;
  return { plan: planFromSettings({ ...request, facts, ...named }), basis: { kind: 'settings', sets, ...(file && { file }) }, facts };
}

function ofManifests(given: Given, sets: readonly string[], known: Facts): Planned {
  const { workloads, sidecars, mesh, problems } = readManifests(given.manifests, meshFrom(given.values));
  const [sidecar] = sidecars;
  if (workloads.length === 0 && sidecar !== undefined && sidecars.length === 1)
    return ofSettings({ file: sidecar.sidecar, sets }, given.release, known);
  const { workload, made } = chosenOf({ workloads, mesh, problems }, given);
  const facts = factsOfWorkload(workload, known);
  const found = planOfWorkload(made, known, sets);
  if (found === undefined) throw badOption('manifests', `${nameOf(workload)} gets no rules: ${noRulesReason(made.injection)}`);
  return { plan: withProblems(found, problems), basis: { kind: 'workload', made, mesh, sets }, facts };
}

type Manifests = ReturnType<typeof readManifests>;

/** The one workload that is meant. Throws a ProblemError where there is none, or several. */
export function chosenWorkload(given: Given): ReturnType<typeof chosenOf> {
  return chosenOf(readManifests(given.manifests, meshFrom(given.values)), given);
}

function chosenOf(
  { workloads, mesh, problems }: Pick<Manifests, 'workloads' | 'mesh' | 'problems'>,
  given: Given,
): { readonly workload: Workload; readonly made: ReturnType<typeof injectionOf> } {
  throwErrors(problems);
  const workload = chosen(workloads, given.workload);
  return { workload, made: injectionOf(workload, { mesh, images: [], ...requestOf(given) }) };
}

export function isAmbient(made: Injection): boolean {
  return made.kind === 'none' && made.reason === 'ambient';
}

const RELEASE = { kind: 'option', option: 'release' } as const;

function requestOf({ release, installer }: Given): { readonly at: AtRelease; readonly installer?: Installer } {
  const found = INSTALLERS.find((one) => one === installer);
  if (installer !== undefined && found === undefined)
    throw badOption('installer', `${quoted(String(installer))} is not one of ${INSTALLERS.join(', ')}`);
  const named = release === undefined ? undefined : { value: text('release', release), source: RELEASE };
  if (named !== undefined) resolveRelease(named);
  const at: AtRelease = named === undefined ? { kind: 'as found' } : { kind: 'release', release: named, keepArguments: false };
  return { at, ...(found === undefined ? {} : { installer: found }) };
}

/** `Deployment/shop/web`. */
export function nameOf({ kind, namespace, name }: Workload): string {
  return `${kind}/${namespace}/${name}`;
}

function chosen(workloads: readonly Workload[], chosenName: unknown): Workload {
  const name = chosenName === undefined ? undefined : text('workload', chosenName);
  const names = workloads.map(nameOf);
  const matching = name === undefined ? workloads : workloads.filter((one) => nameOf(one) === name || nameOf(one).endsWith(`/${name}`));
  const [only, another] = matching;
  if (only !== undefined && another === undefined) return only;
  if (workloads.length === 0) throw badOption('manifests', 'hold no workload');
  if (only === undefined) {
    const near = nearest(String(name), [...workloads.map((one) => one.name), ...names]);
    throw badOption('workload', `${quoted(String(name))} is not one of ${names.slice(0, 5).join(', ')}${near}`);
  }
  throw badOption('workload', `there are ${matching.length}: ${matching.slice(0, 5).map(nameOf).join(', ')}; name one`);
}

function noRulesReason(made: Injection): string {
  if (isAmbient(made)) return 'it is in ambient mode; planAmbientWorkload says what its node agent makes';
  return made.kind === 'none' ? made.reason : made.kind;
}
