import { badOption, oneOf } from '../../istio/bad-option.ts';
import type { Problem } from '../../istio/problems.ts';
import { formatProblem } from '../../istio/problems.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { refuseUnusedAccess } from '../../sources/cluster-options.ts';
import type { DiffOperand } from '../../sources/operand.ts';
import { readOperands } from '../../sources/operands.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { factsOf } from '../../sources/plan-input.ts';
import type { ManifestFile } from '../../sources/rule-groups/two-files.ts';
import type { Upgrade, WorkloadSource } from '../../sources/rule-groups/upgrade.ts';
import type { WhatIf } from '../../sources/rule-groups/what-if.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { parseSource } from '../../sources/source-name.ts';
import { holdsManifests, holdsSettings, namesManifests, withFile, workloadIn } from '../../sources/workloads/detect.ts';
import type { WorkloadOption } from '../../sources/workloads/option.ts';
import type { Result } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { Scope } from './comparison.ts';
import { compareOperands, isKnownSame } from './comparison.ts';
import { DIFF_FORMS } from './forms.ts';
import { PACKET_FORMS } from './packet-forms.ts';

export interface DiffRequest {
  /** Left out where `-f` names what is looked at, or nothing does. */
  readonly left?: string;
  /** What if: annotations and values of the mesh, on the right only. */
  readonly annotations?: readonly string[];
  readonly values?: readonly string[];
  /** Without it the settings that are given, or what made the left side, are compared with it. */
  readonly right?: string;
  readonly given: SourceOptions & WorkloadOption;
  /** What the rules have counted between two looks, instead. */
  readonly counters?: boolean;
  /** `rules` or `packets`. */
  readonly by: string;
  readonly output: string;
  readonly family?: string;
  /** Whether rules that other programs are known to make are compared as well. */
  readonly all: boolean;
  readonly paint: Paint;
}

/** Only those who read it ask about packets. */
const WITH_TRAFFIC: readonly string[] = ['text', 'markdown', 'json'];

/** Exit codes, as diff(1) has them; what can't be told is no equality. */
const SAME = 0;
const DIFFERENT = 1;

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function diff(request: DiffRequest): Promise<Result> {
  const { left, family: named, all } = request;
  refuseUnusedAccess([left, request.right], request.given);
  const by = oneOf('--by', request.by, ['rules', 'packets']);
  const scope = { ...(named === undefined ? {} : { family: oneOf('--family', named, FAMILIES) }), all };
  if (request.counters === true) return finished(request, scope, await byCounters(request));
  const change = whatIfIn(request);
  if (change !== undefined) {
    const [{ diffWorkloads }, { whatIfOf }] = await Promise.all([import('./workloads.ts'), import('../../sources/rule-groups/what-if.ts')]);
    const name = parseSource(left);
    return diffWorkloads({
      ...request,
      given: change.given,
      by,
      scope,
      upgrade: () => whatIfOf(change.given, change.base, change.what),
      sources: name.kind === 'file' ? [name] : [],
    });
  }
  if (left === undefined) throw badOption('diff', 'nothing to compare; give two sources, or one and what would change');
  const files = await twoFiles({ ...request, left });
  if (files !== undefined) {
    const { diffWorkloads } = await import('./workloads.ts');
    return diffWorkloads({ ...request, by, scope, upgrade: async () => files, sources: filesAmong([left, request.right]) });
  }
  const workloads = workloadSources({ ...request, left });
  if (workloads !== undefined) {
    const [{ diffWorkloads }, { upgradeOf }] = await Promise.all([
      import('./workloads.ts'),
      import('../../sources/rule-groups/upgrade.ts'),
    ]);
    return diffWorkloads({
      ...request,
      given: workloads.given,
      by,
      scope,
      upgrade: () => upgradeOf(workloads.left, workloads.right, workloads.given),
      sources: fileTwice(workloads),
    });
  }
  const print = by === 'rules' ? byRules(request) : byPackets(request);
  return finished({ ...request, left }, scope, print);
}

function filesAmong(operands: readonly (string | undefined)[]): readonly ManifestFile[] {
  return operands.map(parseSource).filter((name): name is ManifestFile => name.kind === 'file');
}

/** `-f FILE @own @1.28` as `FILE FILE@1.28`; several files have no such form. */
function fileTwice({ left, right, given }: WorkloadSources): readonly ManifestFile[] {
  const [file, another] = given.manifests?.filenames ?? [];
  if (file === undefined || another !== undefined) return [];
  return [left, right].map((one) => ({
    kind: 'file',
    file,
    ...(one.kind === 'settings' && one.release !== undefined ? { release: one.release } : {}),
    ...(given.workload === undefined ? {} : { workload: given.workload }),
  }));
}

/** Reads both sides, and lets them be compared. */
async function finished({ left = '', right, given, output: form }: DiffRequest, scope: Scope, print: Compare): Promise<Result> {
  const [one, other] = await readOperands(left, right, given, scope.family);
  const { output, same } = await print(one, other, scope);
  return {
    output,
    form,
    problems: once([...one.problems, ...other.problems]),
    notes: [...one.notes, ...other.notes],
    exitCode: same ? SAME : DIFFERENT,
  };
}

interface WorkloadSources extends Pick<DiffRequest, 'given'> {
  readonly left: WorkloadSource;
  readonly right: WorkloadSource;
}

interface ChangeOf extends Pick<DiffRequest, 'given'> {
  /** The release of the left, where its source names one. */
  readonly base: string | undefined;
  readonly what: WhatIf;
}

/** One source of settings or manifests, and what would change; undefined where two things are compared, or rules with settings. */
function whatIfIn({ left, right, given, annotations = [], values = [] }: DiffRequest): ChangeOf | undefined {
  const { sets, release } = given;
  const isPod = annotations.length + values.length > 0;
  if (right !== undefined) {
    if (isPod) throw badOption(annotations.length > 0 ? '--annotation' : '--value', 'is what changes at one source, and there are two');
    return undefined;
  }
  if (!isPod && sets.length === 0 && release === undefined) return undefined;
  const name = parseSource(left);
  const planned = name.kind === 'settings' || (name.kind === 'file' && given.filename === undefined && holdsSettings(name.file));
  if (!planned || given.args !== undefined) {
    if (isPod) throw badOption(left ?? 'diff', 'is no manifest: annotations and values go to the injector, which makes rules of these');
    return undefined;
  }
  const { release: _, ...rest } = given;
  const read = name.kind === 'file' ? { ...withFile({ ...rest, sets: [] }, name.file), ...workloadIn(name, given) } : { ...rest, sets: [] };
  return { given: read, base: name.release, what: { annotations, values, sets, ...(release === undefined ? {} : { release }) } };
}

/** Two releases, or what was injected, where manifests are given: then each workload is compared. */
function workloadSources({ left, right, given }: DiffRequest & { readonly left: string }): WorkloadSources | undefined {
  if (right === undefined) return undefined;
  const [one, other] = [parseSource(left), parseSource(right)];
  if (given.filename === undefined) return oneFileTwice(one, other, given);
  if (one.kind !== 'own' && other.kind !== 'own' && !namesManifests(given)) return undefined;
  const of = ({ kind }: SourceName): boolean => kind === 'own' || kind === 'settings';
  return of(one) && of(other) ? { left: one as WorkloadSource, right: other as WorkloadSource, given } : undefined;
}

/** The workloads of two files of manifests; undefined for any other two operands. */
async function twoFiles({ left, right, given }: DiffRequest & { readonly left: string }): Promise<Upgrade | undefined> {
  if (right === undefined || given.filename !== undefined || given.workload !== undefined) return undefined;
  const [one, other] = [parseSource(left), parseSource(right)];
  const isWhole = (name: SourceName): name is ManifestFile => name.kind === 'file' && name.workload === undefined;
  if (!isWhole(one) || !isWhole(other) || one.file === other.file || !holdsManifests(one.file) || !holdsManifests(other.file))
    return undefined;
  const { twoFilesOf } = await import('../../sources/rule-groups/two-files.ts');
  return twoFilesOf(one, other, given);
}

/** `FILE@1.12 FILE@1.28` is `-f FILE @1.12 @1.28`. */
function oneFileTwice(one: SourceName, other: SourceName, given: DiffRequest['given']): WorkloadSources | undefined {
  if (one.kind !== 'file' || other.kind !== 'file' || one.file !== other.file || one.workload !== other.workload) return undefined;
  if (!holdsManifests(one.file)) return undefined;
  const settings = ({ release }: typeof one): WorkloadSource => ({ kind: 'settings', ...(release === undefined ? {} : { release }) });
  return { left: settings(one), right: settings(other), given: { ...withFile(given, one.file), ...workloadIn(one, given) } };
}

type Compare = (left: DiffOperand, right: DiffOperand, scope: Scope) => Promise<{ readonly output: string; readonly same: boolean }>;

function byRules({ output, given, paint }: DiffRequest): Compare {
  const form = formNamed(output, DIFF_FORMS);
  return async (left, right, scope) => {
    const comparison = compareOperands(left, right, scope);
    const [rules, same] = [DIFF_FORMS[form](comparison, paint), isKnownSame(comparison)];
    if (same || !WITH_TRAFFIC.includes(form)) return { output: rules, same };
    const [{ comparePackets }, { withTraffic }] = await Promise.all([import('./by-packets.ts'), import('./traffic.ts')]);
    const { behavior } = comparePackets(left, right, scope, await factsOf(given));
    return { output: withTraffic(form, rules, behavior, paint), same };
  };
}

function byPackets({ output, given, paint }: DiffRequest): Compare {
  const form = formNamed(output, PACKET_FORMS);
  return async (left, right, scope) => {
    const { comparePackets } = await import('./by-packets.ts');
    const comparison = comparePackets(left, right, scope, await factsOf(given));
    return { output: PACKET_FORMS[form](comparison, paint), same: comparison.behavior.answer === 'equal' };
  };
}

/** Two looks at rules: nothing else has counted. */
async function byCounters({ left, right, by, annotations = [], values = [], output, paint }: DiffRequest): Promise<Compare> {
  if (left === undefined || right === undefined || by !== 'rules' || annotations.length + values.length > 0)
    throw badOption('--counters', 'compares what the rules of two sources have counted; give two, as in diff BEFORE AFTER --counters');
  const [{ compareByCounters, isUncounted }, { COUNTER_FORMS }] = await Promise.all([
    import('./by-counters.ts'),
    import('./counter-forms.ts'),
  ]);
  const form = formNamed(output, COUNTER_FORMS);
  return async (one, other, scope) => {
    const comparison = compareByCounters(one, other, scope);
    return { output: COUNTER_FORMS[form](comparison, paint), same: isUncounted(comparison) };
  };
}

/** What is wrong with an option is so on both sides. */
function once(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((one) => [formatProblem(one), one])).values()];
}
