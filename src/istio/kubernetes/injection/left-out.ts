/** Pods that get no rules whatever their settings are. */

import { parseGoBool } from '../../arguments/command-line.ts';
import type { Origin, Sourced } from '../../origin.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Texts, Workload } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { injectChoice } from './inject-choice.ts';
import type { NotInjected } from './injected.ts';

export interface LeftOut {
  readonly reason: NotInjected;
  readonly source: Origin;
}

// Left out by every injector (`IgnoredNamespaces`); older ones name the first two alone, and nobody has the others injected there either.
const IGNORED_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];

/** Whether no injector looks at pods in a namespace. */
export function isIgnored(namespace: string): boolean {
  return IGNORED_NAMESPACES.includes(namespace);
}

/**
 * Why an injector passes a workload by; undefined where it injects. Whether its namespace asks for injection is
 * rarely known: only one that is said to refuse it counts.
 */
export function leftOut({ pod, namespace, source }: Workload, mesh: Mesh, profile: Profile): LeftOut | undefined {
  if (pod.hostNetwork) return { reason: 'host network', source: pod.hostNetworkAt ?? pod.source };
  if (isIgnored(namespace)) return { reason: 'not asked for', source };
  const refusing = mesh.namespaces.get(namespace)?.labels.get('istio-injection');
  if (refusing?.value === 'disabled') return { reason: 'not asked for', source: refusing.source };
  const choice = injectChoice(pod, profile);
  return choice?.means === 'no' ? { reason: 'own choice', source: choice.source } : undefined;
}

/** Whether the plugin passes a proxy by: one that runs no Envoy, or is no sidecar. */
export function proxyLeftOut(environment: Texts, args: readonly Sourced<string>[]): LeftOut | undefined {
  const disabled = environment.get('DISABLE_ENVOY');
  if (disabled !== undefined && parseGoBool(disabled.value) === true) return { reason: 'no sidecar', source: disabled.source };
  const type = args[1];
  return args[0]?.value === 'proxy' && type !== undefined && type.value !== 'sidecar'
    ? { reason: 'no sidecar', source: type.source }
    : undefined;
}
