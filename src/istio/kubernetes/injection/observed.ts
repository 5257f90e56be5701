/** What is found in a pod that is injected already: the real arguments, and the release of its image. */

import { argumentNamed } from '../../arguments/arguments.ts';
import { parseGoBool } from '../../arguments/command-line.ts';
import type { Sourced } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problem, quoted } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import { NEWEST } from '../../releases/known.ts';
import type { Profile } from '../../releases/profile.ts';
import { profileOf } from '../../releases/profile.ts';
import { ANNOTATIONS } from '../annotations.ts';
import type { Container, PodTemplate, Workload } from '../manifest/workload.ts';
import type { ImageRelease } from './image-release.ts';
import { releaseOfContainer } from './image-release.ts';
import type { Injection } from './injected.ts';
import { proxyLeftOut } from './left-out.ts';
import { foundArguments, isProgram, programWords, withoutAgents } from './observed-arguments.ts';
import { variablesOf } from './observed-variables.ts';
import { pluginInjection, pluginVariables } from './plugin.ts';
import { proxyContainer } from './proxy-container.ts';

export type { ImageRelease } from './image-release.ts';

export interface FoundInjection {
  /** With `istio-validation`, the CNI plugin made the rules from the annotations of the pod: `installer` is then `cni`. */
  readonly injection: Injection;
  /** Undefined where neither the image's tag nor a pattern tells it. */
  readonly release?: Sourced<Release>;
  /** The image, as it stands in the pod. */
  readonly image?: Sourced<string>;
  readonly problems: readonly Problem[];
}

const STATUS = 'sidecar.istio.io/status';

/** What a pod was injected with; undefined for one that is not injected. */
export function foundInjection({ pod }: Workload, images: readonly ImageRelease[]): FoundInjection | undefined {
  const program = programOf(pod);
  const proxy = proxyContainer(pod);
  const container = program ?? (pod.annotations.has(STATUS) ? proxy : undefined);
  if (container === undefined) return undefined;
  const { release, problems } = releaseOfContainer(container, images);
  // Where the release can't be told, arguments are split and annotations read as the newest one does.
  const profile = profileOf(release?.value ?? NEWEST);
  const byContainer = program !== undefined && !validatesOnly(program, profile);
  return {
    injection: byContainer ? ofContainer(program, profile) : ofPlugin(pod, proxy, profile),
    ...(release === undefined ? {} : { release }),
    ...(container.image === undefined ? {} : { image: container.image }),
    problems: [...problems, ...(byContainer ? elsewhere(program, profile, variablesOf) : elsewhere(proxy, profile, pluginVariables))],
  };
}

/**
 * The init container that makes or validates rules. Where both are there, the plugin leaves the pod to istio-init.
 * One without arguments is none yet: in a template it says what the injector is to keep of it.
 */
export function programOf({ initContainers }: PodTemplate): Container | undefined {
  const named = (name: string): Container | undefined =>
    initContainers.find((container) => container.name.value === name && programWords(container).length > 0);
  return named('istio-init') ?? initContainers.find(isProgram) ?? named('istio-validation');
}

function validatesOnly(container: Container, profile: Profile): boolean {
  if (container.name.value === 'istio-validation') return true;
  return foundArguments(programWords(container), profile).some(
    ({ flag, value }) => argumentNamed(flag)?.action === 'skip-rule-apply' && parseGoBool(value ?? 'true') === true,
  );
}

function ofContainer(container: Container, profile: Profile): Injection {
  const found = withoutAgents(foundArguments(programWords(container), profile), profile);
  return { kind: 'arguments', installer: 'init', arguments: found, environment: container.env, problems: [] };
}

function ofPlugin(pod: PodTemplate, proxy: Container | undefined, profile: Profile): Injection {
  const skipped = proxyLeftOut(proxy?.env ?? new Map(), proxy?.args ?? []);
  if (skipped !== undefined) return { kind: 'none', ...skipped };
  // Without the plugin a pod in mode NONE has no init container either; with it, it would not have come to be.
  const mode = pod.annotations.get(ANNOTATIONS.mode.key) ?? proxy?.env.get('ISTIO_META_INTERCEPTION_MODE');
  if (mode?.value === 'NONE' && programOf(pod) === undefined) return { kind: 'none', reason: 'mode NONE', source: mode.source };
  const { runAsUser: user, runAsGroup: group } = proxy?.ids ?? {};
  return pluginInjection({
    profile,
    annotations: pod.annotations,
    environment: proxy?.env ?? new Map(),
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
  });
}

function elsewhere(
  container: Container | undefined,
  profile: Profile,
  readBy: (profile: Profile) => readonly string[],
): readonly Problem[] {
  if (container === undefined || container.envFrom.length === 0) return [];
  const { env, envFrom } = container;
  const read = readBy(profile);
  return envFrom.flatMap(({ value, source }) => {
    if (!value.endsWith('*')) return read.includes(value) ? [problem('variable-from-elsewhere', source, { name: value })] : [];
    const prefix = value.slice(0, -1);
    // Kubernetes lets `env` beat `envFrom`.
    if (!read.some((name) => name.startsWith(prefix) && !env.has(name))) return [];
    return [problem('variables-from-elsewhere', source, { names: namesWith(prefix) })];
  });
}

function namesWith(prefix: string): string {
  return prefix === ''
    ? 'variables whose values are not known here'
    : `variables that begin with ${quoted(prefix)}, whose values are not known here,`;
}
