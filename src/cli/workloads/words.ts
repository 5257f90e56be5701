/** Groups of workloads in words. */

import { injectedSettings } from '../../istio/kubernetes/ordinary-injection.ts';
import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { Tally } from '../../istio/kubernetes/rule-groups/tally.ts';
import { onOneLine } from '../../istio/origin.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import { problemText } from '../../istio/problems.ts';
import { profileOf } from '../../istio/releases/profile.ts';
import { printedValues } from '../../istio/settings/printed-settings.ts';
import type { SettingKey } from '../../istio/settings/settings.ts';
import { SETTING_KEYS } from '../../istio/settings/settings.ts';
import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import { noRulesText } from '../../sources/workloads/group-names.ts';

const PROBLEM_WORDS: Partial<Readonly<Record<Problem['code'], string>>> = {
  'image-without-release': 'unknown release',
  'unknown-release': 'unknown release',
  'not-injected': 'not injected, so without a release of their own',
};

/** Why nothing can be said of a group, and of which images or values. */
export function problemsText(problems: readonly Problem[], { details }: Pick<Tally, 'details'>): string {
  const [first] = problems;
  const short = first === undefined ? undefined : PROBLEM_WORDS[first.code];
  if (short === undefined) return onOneLine(problems.map(problemText).join('; '));
  return onOneLine(details.length === 0 ? short : `${short}: ${details.join(', ')}`);
}

/** What a group is: `REDIRECT, IPv4; outbound.excludePorts=3306`, or why it has no rules. */
export function outcomeText(outcome: Outcome, tally: Pick<Tally, 'details'>): string {
  switch (outcome.kind) {
    case 'rules':
      return [planText(outcome.plan), ...nonDefaultSettings(outcome.plan).map(({ key, text }) => `${key}=${text}`)].join('; ');
    case 'none':
      return noRulesText(outcome.reason);
    case 'trouble':
      return problemsText(outcome.problems, tally);
    default:
      return outcome satisfies never;
  }
}

function planText(plan: CapturePlan): string {
  const families = FAMILIES.filter((family) => plan[family].tables.length > 0).map((family) => FAMILY_NAMES[family]);
  return families.length === 0 ? 'no rules' : `${plan.settings.mode.value}, ${families.join(' and ')}`;
}

/** The settings that a default pod of the plan's release does not have. */
function nonDefaultSettings(plan: CapturePlan): readonly { readonly key: SettingKey; readonly text: string }[] {
  const [own, ordinary] = [printedValues(plan.settings), printedValues(injectedSettings(profileOf(plan.release)))];
  return SETTING_KEYS.map((key) => ({ key, text: String(own(key)) })).filter(({ key, text }) => text !== String(ordinary(key)));
}
