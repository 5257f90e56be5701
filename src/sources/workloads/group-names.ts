/** What groups of workloads are called. */

import type { NotInjected } from '../../istio/kubernetes/injection/injected.ts';
import type { Tally } from '../../istio/kubernetes/rule-groups/tally.ts';
import { grouped } from './counts.ts';

/** `1.12.9 (8,000), 1.20.3 (312)`; a number only where there is something to tell apart. */
export function releasesText({ releases }: Pick<Tally, 'releases'>): string {
  const texts = [...releases].map(([release, count]) => (releases.size === 1 ? release : `${release} (${grouped(count)})`));
  return texts.length === 0 ? '-' : texts.join(', ');
}

const NO_RULES: Readonly<Record<NotInjected, string>> = {
  'host network': 'host network',
  'mode NONE': 'interception mode NONE',
  'not asked for': 'not asked to be injected',
  'own choice': 'by their own choice',
  'no sidecar': 'their proxies are no sidecars',
  'own command': 'their own istio-init runs something else',
};

/** Why there are no rules. */
export function noRulesText(reason: NotInjected): string {
  return `no rules: ${NO_RULES[reason]}`;
}
