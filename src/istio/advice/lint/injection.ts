/** Workloads whose annotations come to nothing, or keep the pod from starting. */

import { ANNOTATION_NAMES, ANNOTATIONS } from '../../kubernetes/annotations.ts';
import { injectChoice } from '../../kubernetes/injection/inject-choice.ts';
import type { NotInjected } from '../../kubernetes/injection/injected.ts';
import { programOf } from '../../kubernetes/injection/observed.ts';
import type { Workload } from '../../kubernetes/manifest/workload.ts';
import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { problemText, quoted } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import type { LintCode } from './kinds.ts';
import { INJECT } from './known-annotations.ts';
import { imageRefuses } from './skew.ts';
import type { Raised, WorkloadCheck, WorkloadSubject } from './subject.ts';
import { inForm } from './text-edit.ts';

const IGNORED: Readonly<Record<NotInjected, LintCode>> = {
  'host network': 'ignored-on-host-network',
  'mode NONE': 'ignored-in-mode-none',
  'own choice': 'ignored-without-injection',
  'no sidecar': 'ignored-without-injection',
  'not asked for': 'ignored-without-injection',
  'own command': 'ignored-without-injection',
  'lives without': 'ignored-without-injection',
  ambient: 'ignored-in-ambient',
};

const REASONS: Readonly<Record<NotInjected, string>> = {
  'host network': 'hostNetwork',
  'mode NONE': 'mode NONE',
  'own choice': 'by its own choice',
  'no sidecar': 'its proxy is no sidecar',
  'not asked for': 'its namespace is left out',
  'own command': 'its own istio-init runs something else',
  'lives without': 'it lives, and has no sidecar',
  ambient: 'it is in ambient mode',
};

interface Given {
  readonly key: string;
  readonly source: Origin;
}

/** Annotations about traffic on a pod that gets no rules, and its wish to be injected where no injector follows it. */
export const withoutRules: WorkloadCheck = (subject) => {
  const { workload, made, profile } = subject;
  if (made?.injection.kind !== 'none') return [];
  const { reason } = made.injection;
  const about = ANNOTATION_NAMES.filter(
    (name) => name !== 'logLevel' && name !== 'statusPort' && !(reason === 'mode NONE' && name === 'mode'),
  );
  const given = about.flatMap((name): readonly Given[] => {
    const { key } = ANNOTATIONS[name];
    const text = workload.pod.annotations.get(key);
    // The CNI plugin's injector writes what holds for every pod as annotations; none of it is written without injection.
    return text === undefined ? [] : [{ key, source: text.source }];
  });
  const all = reason === 'host network' ? [...wishOf(workload, profile), ...given] : given;
  const [first, ...others] = all;
  if (first === undefined) return [];
  const names = `${all.map(({ key }) => key).join(', ')} ${others.length === 0 ? 'is' : 'are'}`;
  return [{ code: IGNORED[reason], source: first.source, args: { names, reason: REASONS[reason] } }];
};

function wishOf({ pod }: Workload, profile: Profile): readonly Given[] {
  const choice = injectChoice(pod, profile);
  return choice?.means === 'yes' ? [{ key: INJECT, source: choice.source }] : [];
}

// Where any text but a yes is a no.
const WORDS_FOR_NO = ['false', 'no', 'n', 'off'];

/** A wish that is neither true nor false; what injectors of old took for one of the two is fine with them. */
export const unclearWish: WorkloadCheck = ({ workload: { pod }, made, profile }) => {
  const choice = made?.found === true ? undefined : injectChoice(pod, profile);
  if (choice === undefined || choice.value === '' || choice.means === 'yes') return [];
  if (choice.means === 'no' && WORDS_FOR_NO.includes(choice.value.toLowerCase())) return [];
  const taken = choice.means === 'no' ? 'reads it as "false"' : 'ignores it, so that the namespace decides';
  const args = { at: choice.at, value: quoted(choice.value), release: profile.release, taken };
  const edit = { what: 'value', from: choice.value, to: 'false' } as const;
  return [{ code: 'inject-not-a-boolean', source: choice.source, args, ...(choice.means === 'no' && { edit }) }];
};

/** An init container that makes rules, in a network that is not the pod's own: no injector puts it there. */
export const onHostNetwork: WorkloadCheck = ({ workload: { pod }, made }) => {
  if (!pod.hostNetwork || made?.found !== true || made.injection.kind !== 'arguments' || made.injection.installer === 'cni') return [];
  const container = programOf(pod);
  return container === undefined
    ? []
    : [{ code: 'rules-on-host-network', source: container.name.source, args: { container: container.name.value } }];
};

/** What the injector or the plugin refuses, each on its own. */
export const refused: WorkloadCheck = (subject) => {
  const { made, profile } = subject;
  if (made?.injection.kind !== 'refused') return [];
  const { installer, problems } = made.injection;
  const who = installer === 'cni' ? 'the CNI plugin of' : 'the injector of';
  return problems
    .filter(({ severity }) => severity === 'error')
    .map((one) => ({
      code: 'refused-by-injector',
      source: one.source,
      args: { reason: problemText(one), who, release: profile.release, name: nameIn(one) },
      ...inFormOf(one, subject),
    }));
};

/** What the program, or iptables behind it, fails of: the errors of making a plan. */
export function failures(problems: readonly Problem[], subject: Failing): readonly Raised[] {
  const skewed = imageRefuses(problems, subject);
  if (skewed.length > 0) return skewed;
  const { profile, made } = subject;
  // What stands in the pod went past no injector that is known.
  const through = made?.found === true ? '' : `the injector of ${profile.release} lets it through, and `;
  return problems.map(({ code, source, args, ...rest }): Raised => {
    const one = { code, source, args, ...rest };
    if (code === 'too-many-groups')
      return { code: 'too-many-owner-groups', source, args: { ...args, name: nameIn(one), release: profile.release } };
    return { code: 'refused-by-program', source, args: { reason: problemText(one), through, fix: fixOf(one) }, ...inFormOf(one, subject) };
  });
}

/** The edit of an annotation whose value is refused for its form alone. */
function inFormOf(one: Problem, { workload }: Partial<WorkloadSubject>): Pick<Raised, 'edit'> {
  const edit = inForm(workload?.pod.annotations.get(nameIn(one))?.value);
  return edit === undefined ? {} : { edit };
}

type Failing = Pick<WorkloadSubject, 'profile'> & Partial<WorkloadSubject>;

function fixOf(one: Problem): string {
  if (one.code === 'help-asked' || one.code === 'cleans-only') return 'remove it';
  if (one.code === 'unknown-flag') return 'remove it, or use an image of the release whose injector wrote it';
  return `give ${nameIn(one)} a value that is allowed`;
}

function nameIn({ source, args }: Problem): string {
  return (source.kind === 'file' ? source.key : undefined) ?? args['name'] ?? 'it';
}
