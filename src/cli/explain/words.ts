/** An explanation in words. */

import type { ExplainedSetting, Explanation, IgnoredText } from '../../istio/advice/explain.ts';
import { wordsOf } from '../../istio/kubernetes/injection/injected.ts';
import { INJECTED_DEFAULTS } from '../../istio/kubernetes/ordinary-injection.ts';
import type { Origin, Sourced } from '../../istio/origin.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import { knobTexts } from '../../istio/plan/ambient/knob-texts.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import { containerLinesOf } from '../../sources/plan-input/init-containers.ts';
import { whyNoRules } from '../../sources/plan-input/why-no-rules.ts';

/** What is explained: `Istio 1.28.0, Deployment default/reviews-v1`. */
export function headingOf({ plan, basis }: Explanation): string {
  const release = `Istio ${plan.release}`;
  switch (basis.kind) {
    case 'settings':
      return `${release}, ${basis.file === undefined ? INJECTED_DEFAULTS : 'settings of a file'}${basis.sets.length === 0 ? '' : ', with --set'}`;
    case 'arguments':
      return `${release}, arguments of istio-iptables`;
    case 'workload': {
      const { workload } = basis.made;
      return onOneLine(`${release}, ${workload.kind} ${workload.namespace}/${workload.name}`);
    }
    default:
      return basis satisfies never;
  }
}

/** What the program is called with, and what is known of the pod. */
export function surroundings({ basis, facts }: Explanation): readonly (readonly [label: string, text: string])[] {
  const { addresses = [], nameservers } = facts;
  return [
    ...commandOf(basis),
    ...(basis.kind === 'workload' ? containerLinesOf(basis) : []),
    ['pod', addresses.length === 0 ? 'IPv4 only, as far as is known' : addresses.join(', ')],
    ...(nameservers === undefined ? [] : [['nameservers', nameservers.length === 0 ? 'none' : nameservers.join(', ')] as const]),
  ];
}

function commandOf(basis: Explanation['basis']): readonly (readonly [string, string])[] {
  if (basis.kind !== 'workload') return [];
  const { injection, found } = basis.made;
  if (injection.kind === 'none' && injection.knobs !== undefined)
    return [
      ['rules', `those of the node agent: ${whyNoRules(basis.made)}`],
      ['knobs', onOneLine(knobTexts(injection.knobs).join(' ') || 'as the agent does by itself')],
    ];
  if (injection.kind === 'refused') return [['rules', 'none: the injector refuses the pod']];
  if (injection.kind !== 'arguments') return [['rules', `none: ${whyNoRules(basis.made)}`]];
  const { installer, environment } = injection;
  const variables = [...environment].map(([name, { value }]) => `${name}=${quoteForPasting(value)}`);
  const words = [...variables, 'istio-iptables', ...wordsOf(injection.arguments).map(quoteForPasting)].join(' ');
  const who = installer === 'cni' ? 'the CNI plugin' : 'the init container';
  return [
    ['by', `${who}, ${found ? 'as it was injected' : "as the release's injector would have it"}`],
    ['called as', onOneLine(words)],
  ];
}

/** `pod.yaml:14:9 traffic.sidecar.istio.io/excludeInboundPorts`: where a value stands, and what stands there. */
export function sourceText(source: Origin): string {
  const key = source.kind === 'file' && source.key !== undefined ? ` ${onOneLine(source.key)}` : '';
  return `${printSource(source)}${key}`;
}

/** The same of a setting; of an argument its flag says more than that it is one. */
export function settingSourceText({ source, passedAs }: ExplainedSetting): string {
  const isArgument = source.kind === 'file' && passedAs?.startsWith('-') === true && !source.key?.includes('.');
  return isArgument ? `${printSource(source)} ${passedAs}` : sourceText(source);
}

/** `15020 (default injection of 1.28.0)`. */
function overriddenText({ value, source }: Sourced<string>): string {
  return onOneLine(`${value === '' ? 'none' : value} (${sourceText(source)})`);
}

/** What there is to say of a setting beside its value and source; `amiss` where it does not do what it seems to. */
export interface Remark {
  readonly isProblem: boolean;
  readonly text: string;
}

export function remarksOn({ effect, over }: ExplainedSetting): readonly Remark[] {
  const overridden =
    over.length === 0 || effect.kind === 'default' ? [] : [{ isProblem: false, text: `instead of ${over.map(overriddenText).join('; ')}` }];
  switch (effect.kind) {
    case 'none':
      return [{ isProblem: true, text: `no effect: ${effect.because}` }, ...overridden];
    case 'some':
      return [...effect.idle.map(({ item, because }) => ({ isProblem: true, text: `no effect of ${item}: ${because}` })), ...overridden];
    case 'same':
    case 'default':
      return [];
    default:
      return effect satisfies never;
  }
}

/** What somebody gave in vain. */
export function unusedText({ because }: IgnoredText): string {
  return `no effect: ${because}`;
}

/** Whether a setting is one that a reader came for: somebody gave it, and it is not what stands there anyway. */
export function isGiven({ effect }: ExplainedSetting): boolean {
  return effect.kind === 'some' || effect.kind === 'none';
}
