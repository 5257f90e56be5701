/** `diff -f` with manifests: what differs for whom. */

import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { DiffOperand } from '../../sources/operand.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { factsOf } from '../../sources/plan-input.ts';
import { pairOperands } from '../../sources/rule-groups/pair-operands.ts';
import { hasErrors } from '../../sources/rule-groups/planned-groups.ts';
import type { ManifestFile } from '../../sources/rule-groups/two-files.ts';
import type { Pair, Upgrade } from '../../sources/rule-groups/upgrade.ts';
import { total } from '../../sources/rule-groups/upgrade.ts';
import { grouped, workloadsText } from '../../sources/workloads/counts.ts';
import type { WorkloadOption } from '../../sources/workloads/option.ts';
import { outcomeProblems } from '../../sources/workloads/remarks.ts';
import { skippedNotes } from '../../sources/workloads/skipped.ts';
import { commandOn } from '../next/command-on.ts';
import type { NextCommand } from '../next/next-command.ts';
import { changesStep } from '../next/next-steps.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { Scope } from './comparison.ts';
import { compareOperands, isSame } from './comparison.ts';
import { DIFF_FORMS } from './forms.ts';
import { TRAFFIC_RANKS } from './traffic-words.ts';
import { summaryText } from './words.ts';
import type { Compared } from './workloads-forms.ts';
import { UPGRADE_FORMS } from './workloads-forms.ts';

export interface WorkloadsDiffRequest {
  /** Plans each workload twice. */
  readonly upgrade: () => Promise<Upgrade>;
  readonly given: SourceOptions & WorkloadOption;
  readonly by: 'rules' | 'packets';
  readonly output: string;
  readonly scope: Scope;
  readonly paint: Paint;
  /** What is compared, or the one that would change, where a SOURCE names it. */
  readonly sources: readonly ManifestFile[];
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function diffWorkloads(request: WorkloadsDiffRequest): Promise<Result> {
  const compare = await comparerOf(request);
  const upgrade = await request.upgrade();
  const groups = [...upgrade.different, ...upgrade.same];
  const [only] = groups;
  if (upgrade.only !== undefined) {
    if (only === undefined) throw new ProblemError([...upgrade.problems, ...upgrade.unknown.flatMap(outcomeErrors)]);
    const { output, same } = compare(...pairOperands(only));
    return {
      output,
      form: request.output,
      problems: upgrade.problems,
      notes: [...skippedNotes(upgrade), ...notesOf(upgrade, request.given, output)],
      exitCode: exitCode(upgrade, same),
      next: same ? [] : nextOf(request, only),
    };
  }
  const compared = upgrade.different.map((group): Compared => ({ group, ...compare(...pairOperands(group)) }));
  const rank = ({ traffic }: Compared): number => TRAFFIC_RANKS.indexOf(traffic ?? 'different');
  const different = compared.filter(({ same }) => !same).toSorted((a, b) => rank(a) - rank(b));
  // What differs in what is not compared (another family, ...) is the same here.
  const same = total(upgrade.same) + total(compared.filter((one) => one.same).map(({ group }) => group));
  const found = { ...upgrade, compared: different, equal: same };
  const count = total(different.map(({ group }) => group));
  const possibleVerdicts = different.length === 0 ? '' : ` in ${grouped(different.length)} way${different.length === 1 ? '' : 's'}`;
  const totals = `${workloadsText(upgrade.count)}: ${grouped(count)} different${possibleVerdicts}, ${grouped(same)} the same, ${grouped(total(upgrade.unknown))} not compared`;
  const output = UPGRADE_FORMS[formNamed(request.output, UPGRADE_FORMS)](found, request.paint);
  return {
    output,
    form: request.output,
    problems: upgrade.problems,
    notes: [`note: ${totals}`, ...skippedNotes(upgrade), ...notesOf(upgrade, request.given, output)],
    exitCode: exitCode(upgrade, different.length === 0 && (upgrade.unmatched ?? []).length === 0),
    next: nextOf(request, different[0]?.group),
  };
}

/** Where a connection of one of them goes, and what changed between the releases. */
function nextOf({ sources, given }: WorkloadsDiffRequest, group: Group<Pair> | undefined): readonly NextCommand[] {
  const [example] = group?.examples ?? [];
  const word = group?.count === 1 && sources.some(({ workload }) => workload !== undefined) ? undefined : example?.name.replace(' ', '/');
  const [source, ...others] = sources.map((one) => sourceText({ ...one, ...(word === undefined ? {} : { workload: word }) }));
  if (group === undefined || source === undefined) return [];
  const { filename: _, workload: __, release: ___, sets: ____, ...rest } = given;
  const why = `where a connection of ${example?.name ?? 'it'} goes${others.length === 0 ? '' : ', before and now'}`;
  return [
    { why, command: commandOn('why', { source, given: { ...rest, sets: [] } }, [...others, 'ADDRESS:PORT']) },
    ...changesStep(sources.map(({ release }) => release)),
  ];
}

function sourceText({ file, workload, release }: ManifestFile): string {
  return `${file}${workload === undefined ? '' : `#${workload}`}${release === undefined ? '' : `@${release}`}`;
}

type Compare = (left: DiffOperand, right: DiffOperand) => Omit<Compared, 'group'>;

async function comparerOf({ by, output, given, scope, paint }: WorkloadsDiffRequest): Promise<Compare> {
  if (by === 'rules') {
    const form = formNamed(output, DIFF_FORMS);
    const [{ comparePackets }, { withTraffic }] = await Promise.all([import('./by-packets.ts'), import('./traffic.ts')]);
    const facts: Facts = await factsOf(given);
    return (left, right) => {
      const comparison = compareOperands(left, right, scope);
      const [rules, same, summary] = [DIFF_FORMS[form](comparison, paint), isSame(comparison), summaryText(comparison)];
      // Only those who read it ask about packets; of equal rules nobody does.
      if (same || !['text', 'markdown', 'json'].includes(form)) return { output: rules, same, summary };
      const { behavior } = comparePackets(left, right, scope, facts);
      return { output: withTraffic(form, rules, behavior, paint), same, summary, traffic: behavior.answer };
    };
  }
  const { answerText, PACKET_FORMS } = await import('./packet-forms.ts');
  const { comparePackets } = await import('./by-packets.ts');
  const form = formNamed(output, PACKET_FORMS);
  const facts: Facts = await factsOf(given);
  return (left, right) => {
    const comparison = comparePackets(left, right, scope, facts);
    return { output: PACKET_FORMS[form](comparison, paint), same: comparison.behavior.answer === 'equal', summary: answerText(comparison) };
  };
}

function outcomeErrors({ what }: Upgrade['unknown'][number]): readonly Problem[] {
  return what.kind === 'trouble' ? what.problems : [];
}

/** The trap of every comparison with a new injection: what the mesh was installed with stands in no pod. */
function notesOf({ unlike, remarks }: Upgrade, { manifests }: SourceOptions, output: string): readonly string[] {
  const were = `${workloadsText(unlike)} ${unlike === 1 ? 'was' : 'were'} injected with`;
  const summary =
    manifests?.values.length === 0
      ? `${were} values that are not given here: pass --values, or --keep-args to keep the arguments`
      : `${were} other values than those of --values`;
  return [...(unlike === 0 ? [] : [`warning: ${summary}`]), ...remarks(output)];
}

/** As diff(1) has them: what can't be read, or has no answer, is trouble, whatever the rest says. A pod that is not injected has no rules to compare. */
function exitCode(upgrade: Upgrade, same: boolean): number {
  const compared: readonly Group<Pair>[] = [...upgrade.different, ...upgrade.same];
  if (hasErrors(upgrade) || compared.length === 0) return BAD_INPUT;
  const unknown = upgrade.unknown.some(({ what }) => outcomeProblems(what).length > 0);
  return unknown ? BAD_INPUT : same ? 0 : 1;
}
