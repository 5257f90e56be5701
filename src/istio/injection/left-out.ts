/** Pods that get no rules whatever their settings are. */

import { parseGoBool } from '../command-line.ts';
import type { Texts, Workload } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import type { Profile } from '../releases/profile.ts';
import type { Source, Sourced } from '../source.ts';
import type { NotInjected } from './injected.ts';

export interface LeftOut {
  readonly reason: NotInjected;
  readonly source: Source;
}

const INJECT = 'sidecar.istio.io/inject';
const TEMPLATES = 'inject.istio.io/templates';

// Left out by every injector (`IgnoredNamespaces`); the two others of that list are younger, and hold no workloads of users.
const IGNORED_NAMESPACES = ['kube-system', 'kube-public'];

// Of Istio's own templates, those that have no init container; a template of the user's own may stand for anything.
const WITHOUT_RULES = ['gateway', 'grpc-simple', 'grpc-agent'];

/**
 * Why an injector passes a workload by; undefined where it injects. Whether its namespace asks for injection is
 * rarely known: only one that is said to refuse it counts.
 */
export function leftOut({ pod, namespace, source }: Workload, { namespaces }: Mesh, { has }: Profile): LeftOut | undefined {
  if (pod.hostNetwork) return { reason: 'host network', source: pod.source };
  if (IGNORED_NAMESPACES.includes(namespace)) return { reason: 'not asked for', source };
  const refusing = namespaces.get(namespace)?.labels.get('istio-injection');
  if (refusing?.value === 'disabled') return { reason: 'not asked for', source: refusing.source };
  // If both are there the label is preferred.
  const choice = (has('injectsByLabel') ? pod.labels.get(INJECT) : undefined) ?? pod.annotations.get(INJECT);
  if (choice !== undefined && !isYes(choice)) return { reason: 'own choice', source: choice.source };
  const templates = has('injectsGatewayTemplate') ? pod.annotations.get(TEMPLATES) : undefined;
  return templates !== undefined && isWithoutRules(templates) ? { reason: 'own choice', source: templates.source } : undefined;
}

/** `injectRequired` in `pkg/kube/inject/inject.go`: any other text is a no, and no text says nothing. */
function isYes({ value }: Sourced<string>): boolean {
  return ['', 'y', 'yes', 'true', 'on'].includes(value.toLowerCase());
}

function isWithoutRules({ value }: Sourced<string>): boolean {
  const names = value.split(',').map((name) => name.trim());
  return names.every((name) => WITHOUT_RULES.includes(name));
}

/** Whether the plugin passes a proxy by: one that runs no Envoy, or is no sidecar. */
export function proxyLeftOut(environment: Texts, args: readonly Sourced<string>[]): LeftOut | undefined {
  const disabled = environment.get('DISABLE_ENVOY');
  if (disabled !== undefined && parseGoBool(disabled.value) === true) return { reason: 'own choice', source: disabled.source };
  const type = args[1];
  return args[0]?.value === 'proxy' && type !== undefined && type.value !== 'sidecar'
    ? { reason: 'own choice', source: type.source }
    : undefined;
}
