/** What groups of workloads are called. */

import type { NotInjected } from '../../istio/kubernetes/injection/injected.ts';
import type { Example, Tally } from '../../istio/kubernetes/rule-groups/tally.ts';
import { MOST_OWNERS } from '../../istio/kubernetes/rule-groups/tally.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import { grouped, workloadsText } from './counts.ts';

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
  'lives without': 'they run without a sidecar',
  ambient: 'in ambient mode',
};

/** Why there are no rules. */
export function noRulesText(reason: NotInjected): string {
  return `no rules: ${NO_RULES[reason]}`;
}

/** The largest owners: `Deployment shop/cart (30), Deployment shop/orders (28) and 410 more`. */
export function examplesText(tally: Pick<Tally, 'examples' | 'owners'>, most: number): string {
  return listed(tally, most, ({ name, count }) => (count === 1 ? name : `${name} (${grouped(count)})`));
}

/** The same with the place of each: `Deployment shop/cart (30, the first at cluster.json:11025:9)`. */
export function placesText(tally: Tally): string {
  return listed(
    tally,
    3,
    ({ name, count, source }) => `${name} (${count === 1 ? '' : `${grouped(count)}, the first at `}${printSource(source)})`,
  );
}

/** Of how many workloads an answer is, and of which. */
export function groupHeading(group: Tally): string {
  return `${workloadsText(group.count)}: ${placesText(group)}`;
}

function listed({ examples, owners }: Pick<Tally, 'examples' | 'owners'>, most: number, print: (example: Example) => string): string {
  const names = examples.slice(0, most).map(print);
  const more = owners - names.length;
  return onOneLine(`${names.join(', ')}${more === 0 ? '' : ` and ${owners === MOST_OWNERS ? 'at least ' : ''}${grouped(more)} more`}`);
}
