import { badOption } from '../../istio/bad-option.ts';
import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { PlannedInjection, PlannerOptions } from '../../istio/kubernetes/rule-groups/planner.ts';
import { numbering } from '../../istio/kubernetes/rule-groups/planner.ts';
import type { Member, Tally } from '../../istio/kubernetes/rule-groups/tally.ts';
import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import { groupsOf } from '../../istio/kubernetes/rule-groups.ts';
import type { AtRelease, InjectionRequest } from '../../istio/kubernetes/workload-injection.ts';
import type { Problem } from '../../istio/problems.ts';
import type { SourceOptions } from '../options.ts';
import { factsOf } from '../plan-input.ts';
import type { SourceName } from '../source-name.ts';
import { checkedRelease, injectionRequest } from '../workloads/injection-request.ts';
import type { WorkloadOption } from '../workloads/option.ts';
import { outcomeProblems, remarksOf } from '../workloads/remarks.ts';
import type { Subject, SubjectPlanner } from '../workloads/subject.ts';
import { memberOf, oncePerFingerprint, subjectPlanner } from '../workloads/subject.ts';
import type { SelectedWorkloads } from './selected.ts';
import { readSelected } from './selected.ts';

export type WorkloadSource = Extract<SourceName, { readonly kind: 'own' | 'settings' }>;

/** What a group is on either side; neither is a trouble. */
export interface Pair {
  readonly left: Outcome;
  readonly right: Outcome;
  /** How each came about: `as injected`, `injected anew`. */
  readonly made: { readonly left: string; readonly right: string };
}

export interface Upgrade extends SelectedWorkloads {
  /** Those whose sides are not the same, the largest group first. */
  readonly different: readonly Group<Pair>[];
  readonly same: readonly Group<Pair>[];
  /** Those of which one side is not known. */
  readonly unknown: readonly Group<Outcome>[];
  /** How many a new injection at their own release would give other rules than they have: something of the mesh is not given. */
  readonly unlike: number;
  /** What there is to say beside an output. */
  readonly remarks: (output: string) => readonly string[];
  /** Of two files, what only one of them has. */
  readonly unmatched?: readonly Unmatched[];
}

/** Workloads of a name that only one of two files has. */
export interface Unmatched extends Tally {
  readonly file: string;
}

/** Plans each workload twice. Throws a ProblemError for options that can't be used. */
export async function upgradeOf(left: WorkloadSource, right: WorkloadSource, given: SourceOptions & WorkloadOption): Promise<Upgrade> {
  if (given.release !== undefined && [left, right].every((name) => name.kind === 'own' || name.release !== undefined))
    throw badOption('--release', 'no operand takes it; each has a release of its own or needs none');
  const rightAt = checkedRelease(atOf(right, given));
  const one = await injectionRequest(given, atOf(left, given));
  const other: InjectionRequest = { ...one, at: rightAt };
  const [facts, numbers] = [await factsOf(given), numbering()];
  // A release with settings is an answer to "what if"; what was injected is what it is.
  const optionsOf = ({ kind }: WorkloadSource): PlannerOptions => ({
    facts,
    sets: kind === 'own' ? [] : given.sets,
    numbering: numbers,
    unknownServers: true,
  });
  const planners = [subjectPlanner(one, optionsOf(left)), subjectPlanner(other, optionsOf(right))] as const;
  const reinjected = sameAsOwn(one, optionsOf({ kind: 'own' }));
  const both = oncePerFingerprint((subject) => {
    const [before, after] = [planners[0](subject), planners[1](subject)];
    const comparable = [before, after].every(({ outcome }) => outcome.kind !== 'trouble');
    return { before, after, isUnlike: comparable && before.found && !after.found && !reinjected(subject, before) };
  });
  return pairsOf(
    (visit) => readSelected(given, one.mesh, visit, { folds: true }),
    (subject) => {
      const { before, after, isUnlike } = both(subject);
      return { before, after, isUnlike, made: { left: madeText(left, before, after), right: madeText(right, after, before) } };
    },
    memberOf,
  );
}

/** A subject planned twice. */
export interface PlannedTwice {
  readonly before: PlannedInjection;
  readonly after: PlannedInjection;
  readonly isUnlike: boolean;
  readonly made: Pair['made'];
}

/** Groups subjects by what they are on either side. */
export async function pairsOf<S>(
  read: (visit: (subject: S) => void) => Promise<SelectedWorkloads>,
  planTwice: (subject: S) => PlannedTwice,
  member: (subject: S, planned: Pick<PlannedInjection, 'release' | 'outcome'>) => Member,
): Promise<Upgrade> {
  const [different, same, unknown] = [groupsOf<Pair>(), groupsOf<Pair>(), groupsOf<Outcome>()];
  const remarks = remarksOf();
  let unlike = 0;
  const selected = await read((subject) => {
    const { before, after, isUnlike, made } = planTwice(subject);
    const problem = [before, after].find(({ outcome }) => outcome.kind === 'trouble');
    const counted = member(subject, problem === undefined ? before : { ...before, outcome: problem.outcome });
    const { count = 1 } = counted;
    const missing = problem === undefined ? [before, after].flatMap(({ outcome }) => missingIn(outcome)) : [];
    remarks.add(count, problem === undefined ? missing : outcomeProblems(problem.outcome), before.problems, after.problems);
    if (problem !== undefined) {
      unknown.add(String(problem.number), () => problem.outcome, counted);
      return;
    }
    const pair = (): Pair => ({ left: before.outcome, right: after.outcome, made });
    const groups = before.number === after.number ? same : different;
    groups.add(`${before.number} ${after.number}`, pair, counted);
    if (isUnlike) unlike += count;
  });
  return {
    ...selected,
    different: different.sorted(),
    same: same.sorted(),
    unknown: unknown.sorted(),
    unlike,
    remarks: remarks.notes,
  };
}

/** What of a plan is not known, and is compared as that. */
function missingIn(outcome: Outcome): readonly Problem[] {
  return outcome.kind !== 'rules' ? [] : (outcome.plan.missing ?? []).map((one) => ({ ...one, severity: 'note' }));
}

function madeText({ kind }: WorkloadSource, { found }: PlannedInjection, other: PlannedInjection): string {
  if (found) return kind === 'own' ? 'as injected' : 'with the arguments of its injection';
  return other.found ? 'injected anew' : 'injected';
}

/** At which release a side looks at a workload. */
export function atOf(name: WorkloadSource, { manifests, release }: SourceOptions): AtRelease {
  const named = name.kind === 'own' ? undefined : (name.release ?? release);
  if (named === undefined) return { kind: name.kind === 'own' ? 'own' : 'as found' };
  const option = name.kind === 'own' || name.release === undefined ? '--release' : `@${named}`;
  return {
    kind: 'release',
    release: { value: named, source: { kind: 'option', option } },
    keepArguments: manifests?.keepArguments === true,
  };
}

/** Whether the rules that were found are those that a new injection at the same release makes: then nothing of the mesh is missing. */
function sameAsOwn(request: InjectionRequest, options: PlannerOptions): (subject: Subject, found: PlannedInjection) => boolean {
  const planners = new Map<string, SubjectPlanner>();
  return (subject, { release, number }) => {
    if (release === undefined) return true;
    const planner = planners.get(release) ?? subjectPlanner({ ...request, at: optionsAt(release) }, options);
    planners.set(release, planner);
    const replan = planner(subject);
    return replan.outcome.kind === 'trouble' || replan.number === number;
  };
}

/** A new injection at a release. */
export function optionsAt(release: string): AtRelease {
  return { kind: 'release', release: { value: release, source: { kind: 'option', option: '@own' } }, keepArguments: false };
}

/** All members of some groups. */
export function total(groups: readonly Tally[]): number {
  return groups.reduce((sum, { count }) => sum + count, 0);
}
