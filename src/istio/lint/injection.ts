/** Workloads whose annotations come to nothing, or keep the pod from starting. */

import { ANNOTATION_NAMES, ANNOTATIONS } from '../injection/annotations.ts';
import type { NotInjected } from '../injection/injected.ts';
import type { Problem } from '../problems.ts';
import { problemText } from '../problems.ts';
import type { LintCode } from './kinds.ts';
import type { Raised, WorkloadCheck, WorkloadSubject } from './subject.ts';

const IGNORED: Readonly<Record<NotInjected, LintCode>> = {
  'host network': 'ignored-on-host-network',
  'mode NONE': 'ignored-in-mode-none',
  'own choice': 'ignored-without-injection',
  'not asked for': 'ignored-without-injection',
};

const REASONS: Readonly<Record<NotInjected, string>> = {
  'host network': 'hostNetwork',
  'mode NONE': 'mode NONE',
  'own choice': 'by its own choice',
  'not asked for': 'its namespace is left out',
};

/** Annotations about traffic on a pod that gets no rules. */
export const withoutRules: WorkloadCheck = ({ workload, made }) => {
  if (made?.injection.kind !== 'none') return [];
  const { reason } = made.injection;
  const about = ANNOTATION_NAMES.filter(
    (name) => name !== 'logLevel' && name !== 'statusPort' && !(reason === 'mode NONE' && name === 'mode'),
  );
  const given = about.flatMap((name) => {
    const { key } = ANNOTATIONS[name];
    const text = workload.pod.annotations.get(key);
    // The CNI plugin's injector writes what holds for every pod as annotations; none of it is written without injection.
    return text === undefined ? [] : [{ key, source: text.source }];
  });
  const [first, ...others] = given;
  if (first === undefined) return [];
  const names = `${given.map(({ key }) => key).join(', ')} ${others.length === 0 ? 'is' : 'are'}`;
  return [{ code: IGNORED[reason], source: first.source, args: { names, reason: REASONS[reason] } }];
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
    }));
};

/** What the program, or iptables behind it, fails of: the errors of making a plan. */
export function failures(problems: readonly Problem[], { profile }: Pick<WorkloadSubject, 'profile'>): readonly Raised[] {
  return problems.map(({ code, source, args, ...rest }): Raised => {
    const one = { code, source, args, ...rest };
    if (code === 'too-many-groups')
      return { code: 'too-many-owner-groups', source, args: { ...args, name: nameIn(one), release: profile.release } };
    return { code: 'refused-by-program', source, args: { reason: problemText(one), release: profile.release, name: nameIn(one) } };
  });
}

function nameIn({ source, args }: Problem): string {
  return (source.kind === 'file' ? source.key : undefined) ?? args['name'] ?? 'it';
}
