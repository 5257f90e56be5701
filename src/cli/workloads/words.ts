/** Groups of workloads in words. */

import type { NotInjected } from '../../istio/kubernetes/injection/injected.ts';
import { injectedSettings } from '../../istio/kubernetes/ordinary-injection.ts';
import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { Example, Tally } from '../../istio/kubernetes/rule-groups/tally.ts';
import { MOST_OWNERS } from '../../istio/kubernetes/rule-groups/tally.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import { problemText } from '../../istio/problems.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import type { SettingKey } from '../../istio/settings/settings.ts';
import { SETTING_KEYS } from '../../istio/settings/settings.ts';
import { printedValues } from '../../istio/settings/value-text.ts';
import { FAMILIES } from '../../netfilter/rule.ts';
import { FAMILY_NAMES } from '../diff/words.ts';
import { grouped } from '../terminal/numbers.ts';

/** `12 Service, 3 ConfigMap`. */
export function skippedText(skipped: ReadonlyMap<string, number>): string {
  return [...skipped]
    .sort(([, a], [, b]) => b - a)
    .map(([what, count]) => onOneLine(`${grouped(count)} ${what}`))
    .join(', ');
}

/** What was passed over, as a note. */
export function skippedNotes({ skipped }: { readonly skipped: ReadonlyMap<string, number> }): readonly string[] {
  return skipped.size === 0 ? [] : [`note: without pods, so passed over: ${skippedText(skipped)}`];
}

/** `1.12.9 (8,000), 1.20.3 (312)`; a number only where there is something to tell apart. */
export function releasesText({ releases }: Pick<Tally, 'releases'>): string {
  const said = [...releases].map(([release, count]) => (releases.size === 1 ? release : `${release} (${grouped(count)})`));
  return said.length === 0 ? '-' : said.join(', ');
}

/** The largest owners: `Deployment shop/cart (30), Deployment shop/orders (28) and 410 more`. */
export function examplesText(tally: Tally, most: number): string {
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

function listed({ examples, owners }: Tally, most: number, print: (example: Example) => string): string {
  const said = examples.slice(0, most).map(print);
  const more = owners - said.length;
  return onOneLine(`${said.join(', ')}${more === 0 ? '' : ` and ${owners === MOST_OWNERS ? 'at least ' : ''}${grouped(more)} more`}`);
}

const NO_RULES: Readonly<Record<NotInjected, string>> = {
  'host network': 'host network',
  'mode NONE': 'interception mode NONE',
  'not asked for': 'not asked to be injected',
  'own choice': 'by their own choice',
  'no sidecar': 'their proxies are no sidecars',
};

/** Why there are no rules. */
export function noRulesText(reason: NotInjected): string {
  return `no rules: ${NO_RULES[reason]}`;
}

const TROUBLES: Partial<Readonly<Record<Problem['code'], string>>> = {
  'image-without-release': 'unknown release',
  'unknown-release': 'unknown release',
  'not-injected': 'not injected, so without a release of their own',
};

/** Why nothing can be said of a group, and of which images or values. */
export function troubleSaid(problems: readonly Problem[], { details }: Pick<Tally, 'details'>): string {
  const [first] = problems;
  const short = first === undefined ? undefined : TROUBLES[first.code];
  if (short === undefined) return onOneLine(problems.map(problemText).join('; '));
  return onOneLine(details.length === 0 ? short : `${short}: ${details.join(', ')}`);
}

/** What a group is: `REDIRECT, IPv4; outbound.excludePorts=3306`, or why it has no rules. */
export function outcomeText(outcome: Outcome, tally: Pick<Tally, 'details'>): string {
  switch (outcome.kind) {
    case 'rules':
      return [planText(outcome.plan), ...oddSettings(outcome.plan).map(({ key, text }) => `${key}=${text}`)].join('; ');
    case 'none':
      return noRulesText(outcome.reason);
    case 'trouble':
      return troubleSaid(outcome.problems, tally);
    default:
      return outcome satisfies never;
  }
}

function planText(plan: CapturePlan): string {
  const families = FAMILIES.filter((family) => plan[family].tables.length > 0).map((family) => FAMILY_NAMES[family]);
  return families.length === 0 ? 'no rules' : `${plan.settings.mode.value}, ${families.join(' and ')}`;
}

/** The settings that an ordinary injected pod of the plan's release does not have. */
function oddSettings(plan: CapturePlan): readonly { readonly key: SettingKey; readonly text: string }[] {
  const [own, ordinary] = [printedValues(plan.settings), printedValues(injectedSettings(profileOf(plan.release)))];
  return SETTING_KEYS.map((key) => ({ key, text: String(own(key)) })).filter(({ key, text }) => text !== String(ordinary(key)));
}
