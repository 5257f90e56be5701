/** An injected pod whose image is of another release than its control plane: the same arguments, read by both programs. */

import { readArguments } from '../../arguments/argument-settings.ts';
import type { InjectedArgument } from '../../kubernetes/injection/injected.ts';
import { valuesOf, wordsOf } from '../../kubernetes/injection/injected.ts';
import type { Texts } from '../../kubernetes/manifest/workload.ts';
import type { CapturePlan } from '../../plan/plan.ts';
import { planOf } from '../../plan/plan-of.ts';
import type { Problem } from '../../problems.ts';
import { ProblemError, problemText } from '../../problems.ts';
import { profileOf } from '../../releases/profile.ts';
import type { Facts } from '../../settings/facts.ts';
import { SETTING_KEYS } from '../../settings/settings.ts';
import type { Raised, WorkloadCheck, WorkloadSubject } from './subject.ts';

export const imageReadsOtherwise: WorkloadCheck = ({ workload, made, controlPlane, settings, facts }) => {
  if (made?.found !== true || made.injection.kind !== 'arguments' || controlPlane === undefined || settings?.plan === undefined) return [];
  const [image, plane] = [made.release.value, controlPlane.value];
  const { arguments: args, environment, installer } = made.injection;
  if (installer === 'cni' || image === plane) return [];
  const found = readBy(args, environment, plane, facts);
  const differences = typeof found === 'string' ? [`${plane} says ${found}`] : differencesOf(settings.plan, found);
  if (differences.length === 0) return [];
  const { source } = made.release;
  return [
    {
      code: 'image-reads-otherwise',
      source: source.kind === 'file' ? source : workload.source,
      args: { image, plane, differences: differences.join('; ') },
    },
  ];
};

/** What the image fails of, where the program of the control plane's release would not: the pod does not start. */
export function imageRefuses(
  problems: readonly Problem[],
  { made, controlPlane, facts }: Partial<Pick<WorkloadSubject, 'made' | 'controlPlane' | 'facts'>>,
): readonly Raised[] {
  const [first] = problems;
  if (first === undefined || made?.found !== true || made.injection.kind !== 'arguments' || controlPlane === undefined) return [];
  const [image, plane] = [made.release.value, controlPlane.value];
  const { arguments: args, environment, installer } = made.injection;
  if (installer === 'cni' || image === plane || typeof readBy(args, environment, plane, facts ?? {}) === 'string') return [];
  const reasons = problems.map(problemText).join('; ');
  const differences = `${image} makes no rules of them, so that the pod does not start (${reasons})`;
  return [{ code: 'image-reads-otherwise', severity: 'error', source: first.source, args: { image, plane, differences } }];
}

/** The plan that a release makes of the arguments, or why it makes none. */
function readBy(args: readonly InjectedArgument[], environment: Texts, release: string, facts: Facts): CapturePlan | string {
  try {
    const read = readArguments(wordsOf(args), valuesOf(environment), profileOf(release), facts);
    return planOf(read, release, facts);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return error.problems.map(problemText).join('; ');
  }
}

/** Settings that are read otherwise, and ports to which captured traffic goes. How rules are laid out is no difference. */
function differencesOf(image: CapturePlan, plane: CapturePlan): readonly string[] {
  const settings = SETTING_KEYS.filter((key) => JSON.stringify(image.settings[key].value) !== JSON.stringify(plane.settings[key].value));
  const [a, b] = [targetsOf(image), targetsOf(plane)];
  const ports = [...a].flatMap(([chain, port]) => {
    const other = b.get(chain);
    return other === undefined || other === port
      ? []
      : [`${chain} leads to port ${port} by ${image.release} and to ${other} by ${plane.release}`];
  });
  return [...(settings.length === 0 ? [] : [`${settings.join(', ')} ${settings.length === 1 ? 'is' : 'are'} read otherwise`]), ...ports];
}

// The chains that every release has them in; DNS rules stand elsewhere in some.
const CHAINS = ['ISTIO_REDIRECT', 'ISTIO_IN_REDIRECT', 'ISTIO_TPROXY'];

function targetsOf(plan: CapturePlan): ReadonlyMap<string, number> {
  const targets = new Map<string, number>();
  for (const { chains } of plan.ip.tables) {
    for (const { name, rules } of chains.filter((chain) => CHAINS.includes(chain.name))) {
      const target = rules.at(-1)?.target;
      if (target?.kind === 'REDIRECT' && 'first' in target.value) targets.set(name, target.value.first);
      if (target?.kind === 'TPROXY') targets.set(name, target.value.port);
    }
  }
  return targets;
}
