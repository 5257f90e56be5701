/** Pods that get no rules whatever their settings are. */

import { parseGoBool } from '../../arguments/command-line.ts';
import type { Origin, Sourced } from '../../origin.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Texts, Workload } from '../manifest/workload.ts';
import type { Mesh } from '../mesh/mesh.ts';
import { oneFits } from '../selectors.ts';
import { injectChoice } from './inject-choice.ts';
import type { NotInjected } from './injected.ts';
import { withoutWebhook } from './webhook.ts';

export interface LeftOut {
  readonly reason: NotInjected;
  /** Who leaves it out: the selectors of the webhook, or the injector that is called. */
  readonly by?: 'webhook' | 'injector';
  readonly source: Origin;
}

// Left out by every injector (`IgnoredNamespaces`); older ones name the first two alone, and nobody has the others injected there either.
const IGNORED_NAMESPACES = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage'];

/** Whether no injector looks at pods in a namespace. */
export function isIgnored(namespace: string): boolean {
  return IGNORED_NAMESPACES.includes(namespace);
}

/** Why an injector passes a workload by, or is never asked (`injectRequired` in pkg/kube/inject/inject.go); undefined where it injects. */
export function leftOut(workload: Workload, mesh: Mesh, profile: Profile): LeftOut | undefined {
  const { pod, namespace, source } = workload;
  const uncalled = withoutWebhook(workload, mesh, profile);
  const choice = injectChoice(pod, profile);
  if (uncalled !== undefined)
    return choice?.at === 'label' && choice.means === 'no'
      ? { reason: 'own choice', by: 'webhook', source: choice.source }
      : { reason: 'not asked for', by: 'webhook', source: uncalled };
  if (pod.hostNetwork) return { reason: 'host network', by: 'injector', source: pod.hostNetworkAt ?? pod.source };
  if (isIgnored(namespace)) return { reason: 'not asked for', by: 'injector', source };
  if (choice?.means === 'yes') return undefined;
  if (choice?.means === 'no') return { reason: 'own choice', by: 'injector', source: choice.source };
  const never = mesh.values.get('sidecarInjectorWebhook.neverInjectSelector');
  if (never !== undefined && oneFits(never.value, pod.labels)) return { reason: 'not asked for', by: 'injector', source: never.source };
  const always = mesh.values.get('sidecarInjectorWebhook.alwaysInjectSelector');
  if (always !== undefined && oneFits(always.value, pod.labels)) return undefined;
  const policy = mesh.values.get('global.proxy.autoInject');
  return policy?.value === 'disabled' ? { reason: 'not asked for', by: 'injector', source: policy.source } : undefined;
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
