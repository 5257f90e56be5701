/** Why a workload gets no rules, in words. */

import type { NotInjected } from '../../istio/kubernetes/injection/injected.ts';
import type { WorkloadInjection } from '../../istio/kubernetes/workload-injection.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';

const REASONS: Readonly<Record<NotInjected, string>> = {
  'host network': 'it is in the network of its node',
  'mode NONE': 'its interception mode is NONE',
  'not asked for': 'its namespace is not injected',
  'own choice': 'it asks not to be injected',
  'no sidecar': 'its proxy is no sidecar',
  'own command': 'its own istio-init runs something else',
  'lives without': 'it runs without a sidecar; --as-injected shows what an injector would make of it',
  ambient: 'it is in ambient mode, without a sidecar',
};

/** The end of a sentence, with the place; nothing for what gets rules. */
export function whyNoRules({ injection }: WorkloadInjection): string {
  if (injection.kind !== 'none') return '';
  const { source } = injection;
  const key = source.kind === 'file' && source.key !== undefined ? ` ${source.key}` : '';
  return onOneLine(`${REASONS[injection.reason]} (${printSource(source)}${key})`);
}
