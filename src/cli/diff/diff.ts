import { FAMILIES } from '../../netfilter/family.ts';
import { oneOf } from '../../sources/bad-option.ts';
import type { DiffOperand } from '../../sources/operand.ts';
import { readOperands } from '../../sources/operands.ts';
import type { SourceOptions, WorkloadOption } from '../../sources/options.ts';
import { factsOf } from '../../sources/plan-input.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { parseSource } from '../../sources/source-name.ts';
import { holdsManifests, namesManifests, withFile, workloadIn } from '../../sources/workloads/detect.ts';
import type { WorkloadSource } from '../../sources/workloads/upgrade.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { Result } from '../terminal/result.ts';
import type { Scope } from './comparison.ts';
import { compareOperands, isKnownSame } from './comparison.ts';
import type { DiffFormName } from './forms.ts';
import { DIFF_FORM_NAMES, DIFF_FORMS } from './forms.ts';
import type { PacketFormName } from './packet-forms.ts';
import { PACKET_FORM_NAMES, PACKET_FORMS } from './packet-forms.ts';
import type { WorkloadsDiffRequest } from './workloads.ts';

export interface DiffRequest {
  readonly left: string;
  /** Without it the settings that are given, or what made the left side, are compared with it. */
  readonly right?: string;
  readonly given: SourceOptions & WorkloadOption;
  /** `rules` or `packets`. */
  readonly by: string;
  readonly output: string;
  readonly family?: string;
  /** Whether rules that other programs are known to make are compared as well. */
  readonly all: boolean;
  readonly paint: Paint;
}

/** Exit codes, as diff(1) has them; what can't be told is no equality. */
const SAME = 0;
const DIFFERENT = 1;

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function diff(request: DiffRequest): Promise<Result> {
  const { left, right, given, family: named, all } = request;
  const by = oneOf('--by', request.by, ['rules', 'packets']);
  const workloads = workloadSources(request);
  if (workloads !== undefined) {
    const scope = { ...(named === undefined ? {} : { family: oneOf('--family', named, FAMILIES) }), all };
    const { diffWorkloads } = await import('./workloads.ts');
    return diffWorkloads({ ...request, ...workloads, by, scope });
  }
  const print = by === 'rules' ? byRules(request) : byPackets(request);
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const [one, other] = await readOperands(left, right, given, family);
  const { output, same } = await print(one, other, { ...(family === undefined ? {} : { family }), all });
  return {
    output,
    form: request.output,
    problems: [...one.problems, ...other.problems],
    notes: [...one.notes, ...other.notes],
    exitCode: same ? SAME : DIFFERENT,
  };
}

/** Two releases, or what was injected, where manifests are given: then each workload is compared. */
function workloadSources({ left, right, given }: DiffRequest): Pick<WorkloadsDiffRequest, 'left' | 'right' | 'given'> | undefined {
  if (right === undefined) return undefined;
  const [one, other] = [parseSource(left), parseSource(right)];
  if (given.filename === undefined) return oneFileTwice(one, other, given);
  if (one.kind !== 'own' && other.kind !== 'own' && !namesManifests(given)) return undefined;
  const of = ({ kind }: SourceName): boolean => kind === 'own' || kind === 'settings';
  return of(one) && of(other) ? { left: one as WorkloadSource, right: other as WorkloadSource, given } : undefined;
}

/** `FILE@1.12 FILE@1.28` is `-f FILE @1.12 @1.28`. */
function oneFileTwice(
  one: SourceName,
  other: SourceName,
  given: DiffRequest['given'],
): Pick<WorkloadsDiffRequest, 'left' | 'right' | 'given'> | undefined {
  if (one.kind !== 'file' || other.kind !== 'file' || one.file !== other.file || one.workload !== other.workload) return undefined;
  if (!holdsManifests(one.file)) return undefined;
  const settings = ({ release }: typeof one): WorkloadSource => ({ kind: 'settings', ...(release === undefined ? {} : { release }) });
  return { left: settings(one), right: settings(other), given: { ...withFile(given, one.file), ...workloadIn(one, given) } };
}

type Compare = (left: DiffOperand, right: DiffOperand, scope: Scope) => Promise<{ readonly output: string; readonly same: boolean }>;

function byRules({ output, paint }: DiffRequest): Compare {
  const form: DiffFormName = formNamed(output, DIFF_FORM_NAMES);
  return async (left, right, scope) => {
    const comparison = compareOperands(left, right, scope);
    return { output: DIFF_FORMS[form](comparison, paint), same: isKnownSame(comparison) };
  };
}

function byPackets({ output, given, paint }: DiffRequest): Compare {
  const form: PacketFormName = formNamed(output, PACKET_FORM_NAMES);
  return async (left, right, scope) => {
    const { comparePackets } = await import('./by-packets.ts');
    const comparison = comparePackets(left, right, scope, await factsOf(given));
    return { output: PACKET_FORMS[form](comparison, paint), same: comparison.behavior.answer === 'equal' };
  };
}
