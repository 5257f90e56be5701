/** What changed for packets from release to release, in words: the part of docs/behavior.md that is made. */

import { planFromSettings } from '../../../../src/istio/kubernetes/plan-from-settings.ts';
import { behaviorText, compareBehavior } from '../../../../src/istio/packets/behavior.ts';
import type { CapturePlan } from '../../../../src/istio/plan/plan.ts';
import { ProblemError } from '../../../../src/istio/problems.ts';
import { RELEASES } from '../../../../src/istio/releases/every-release.ts';
import type { Release } from '../../../../src/istio/releases/known.ts';
import type { Facts } from '../../../../src/istio/settings/facts.ts';
import { printSave } from '../../../../src/netfilter/print.ts';
import { normalForm } from '../../../../src/netfilter/rule/normal.ts';

interface Pod {
  readonly title: string;
  readonly sets: readonly string[];
  readonly facts: Facts;
}

const IPV4: Facts = { addresses: ['10.0.0.5/24'], nameservers: ['10.96.0.10'] };

const PODS: readonly Pod[] = [
  { title: 'A default pod', sets: [], facts: IPV4 },
  { title: 'With DNS capture', sets: ['dns.capture=all'], facts: IPV4 },
  { title: 'With TPROXY', sets: ['mode=TPROXY'], facts: IPV4 },
  { title: 'A default pod with IPv6', sets: [], facts: { ...IPV4, addresses: ['fd00::5/64', '10.0.0.5/24'] } },
];

/** More kinds of packets than this are counted. */
const MOST = 5;

function planOf({ sets, facts }: Pod, release: Release): CapturePlan | undefined {
  try {
    return planFromSettings({ sets, facts, release: { value: release, source: { kind: 'option', option: '--release' } } });
  } catch (error) {
    // Not every release can be asked for everything.
    if (error instanceof ProblemError) return undefined;
    throw error;
  }
}

function rulesOf({ ip, ip6, routing }: CapturePlan): string {
  return [ip, ip6].map((ruleset) => printSave(normalForm(ruleset))).join() + JSON.stringify([routing.addresses, routing.rules.length]);
}

/** Each step from a release to the next one known that has other rules. */
function stepsOf(pod: Pod): readonly (readonly [CapturePlan, CapturePlan])[] {
  const plans = RELEASES.flatMap((release) => planOf(pod, release) ?? []);
  const texts = plans.map(rulesOf);
  return plans.flatMap((plan, index) => {
    const before = plans[index - 1];
    return before === undefined || texts[index] === texts[index - 1] ? [] : [[before, plan] as const];
  });
}

function stepText([left, right]: readonly [CapturePlan, CapturePlan], { facts }: Pod): string {
  const { answer, different, more, unclear } = compareBehavior(left, right, { facts, most: MOST });
  const title = `**${left.release} and ${right.release}**`;
  if (answer === 'equal') return `- ${title}: other rules, every packet alike`;
  const lines = [...different, ...unclear].map((region) => `  - ${behaviorText(region, left.release, right.release)}`);
  return [`- ${title}`, ...lines, ...(more > 0 ? [`  - and ${more} more`] : [])].join('\n');
}

/** All steps of all pods. */
export function madePart(): string {
  return PODS.map((pod) => [`### ${pod.title}`, '', ...stepsOf(pod).map((step) => stepText(step, pod)), ''].join('\n')).join('\n');
}
