/** From what makes the rules of a workload to its plan, in which every value knows the line of the manifest it came from. */

import { readArguments } from '../arguments/argument-settings.ts';
import { HERE } from '../arguments/command-line.ts';
import type { Origin } from '../origin.ts';
import type { CapturePlan } from '../plan/plan.ts';
import { withProblems } from '../plan/plan.ts';
import { planOf } from '../plan/plan-of.ts';
import type { Problem } from '../problems.ts';
import { ProblemError, quoted, throwErrors } from '../problems.ts';
import { profileOf } from '../releases/profile.ts';
import type { Facts } from '../settings/facts.ts';
import { withSets } from '../settings/setting-texts.ts';
import type { Settings } from '../settings/settings.ts';
import { SETTING_KEYS } from '../settings/settings.ts';
import type { InjectedArgument } from './injection/injected.ts';
import { argumentBehind, valuesOf, wordsOf } from './injection/injected.ts';
import type { Texts, Workload } from './manifest/workload.ts';
import type { WorkloadInjection } from './workload-injection.ts';

/** What is known of a workload's pods: what was said beats what stands in the manifest. */
export function factsOfWorkload({ pod }: Workload, known: Facts = {}): Facts {
  return {
    ...(pod.addresses.length === 0 ? {} : { addresses: pod.addresses }),
    ...(pod.nameservers === undefined ? {} : { nameservers: pod.nameservers }),
    ...known,
  };
}

/**
 * The plan of a workload; undefined where it gets no rules (host network, mode NONE, its own choice).
 * `sets` (`KEY=VALUE`) are laid over it. Throws a ProblemError where the injector, the program or iptables would fail.
 */
export function planOfWorkload(made: WorkloadInjection, known: Facts = {}, sets: readonly string[] = []): CapturePlan | undefined {
  const { injection, release, workload } = made;
  if (injection.kind === 'none') return undefined;
  if (injection.kind === 'refused') throw new ProblemError(injection.problems);
  const facts = factsOfWorkload(workload, known);
  const at = (source: Origin): Origin => placeOf(source, injection.arguments, injection.environment);
  return placed(injection.arguments, at, () => {
    const read = readArguments(wordsOf(injection.arguments), valuesOf(injection.environment), profileOf(release.value), facts);
    const { settings, problems: ofSets } = withSets(settingsAt(read.settings, at), sets);
    throwErrors(ofSets);
    const plan = planOf({ settings, switches: read.switches }, release.value, facts);
    return withProblems(plan, [...made.problems, ...ofSets, ...injection.problems, ...problemsAt(read.problems, injection.arguments, at)]);
  });
}

/** Where an argument or a variable stands, for the source that the program's own reading tells. */
function placeOf(source: Origin, args: readonly InjectedArgument[], environment: Texts): Origin {
  if (source.kind === 'environment') return environment.get(source.name)?.source ?? source;
  if (source.kind !== 'argument') return source;
  return argumentBehind(source.flag, args)?.source ?? source;
}

function settingsAt(settings: Settings, at: (source: Origin) => Origin): Settings {
  return Object.fromEntries(
    SETTING_KEYS.map((key) => [key, { value: settings[key].value, source: at(settings[key].source) }]),
  ) as unknown as Settings;
}

/** Of a word that is no flag, or has no value, the program's own reading tells no more than the word. */
function problemsAt(problems: readonly Problem[], args: readonly InjectedArgument[], at: (source: Origin) => Origin): readonly Problem[] {
  return problems.map((one) => {
    const word = one.args['value'] ?? '';
    const names = ({ flag }: InjectedArgument): boolean => word === flag || word === quoted(flag);
    // `-qx` is `-q` with a value to whom does not know it.
    const begins = ({ flag }: InjectedArgument): boolean => word === quoted(flag.slice(0, 2)) && !flag.startsWith('--');
    const given = one.source === HERE ? (args.find(names) ?? args.find(begins)) : undefined;
    return { ...one, source: given?.source ?? at(one.source) };
  });
}

function placed<R>(args: readonly InjectedArgument[], at: (source: Origin) => Origin, work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (error instanceof ProblemError) throw new ProblemError(problemsAt(error.problems, args, at));
    throw error;
  }
}
