/** `why`: where a connection goes, because of what, what it was before, and what to do. */

import { badOption, oneOf } from '../../istio/bad-option.ts';
import { VERDICTS } from '../../istio/packets/verdict.ts';
import { refuseUnusedAccess } from '../../sources/cluster-options.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { notesOutside } from '../../sources/run-note.ts';
import { parseSource } from '../../sources/source-name.ts';
import { refuseStdinTwice } from '../../sources/stdin-once.ts';
import { workloadIn } from '../../sources/workloads/detect.ts';
import { commandOn } from '../next/command-on.ts';
import type { Result } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { fitted } from '../terminal/fit.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { ExpectedVerdict } from '../trace/report.ts';
import { resolvedTarget } from '../trace/resolve.ts';
import { senderTo } from '../trace/target.ts';
import type { GroupAnswer } from '../workloads/per-group.ts';
import { answerPerGroup } from '../workloads/per-group.ts';
import type { Answer } from './answer.ts';
import { answerOf } from './answer.ts';
import { fixFor } from './fix.ts';
import { WHY_FORMS } from './forms.ts';
import type { WhyOperands } from './operands.ts';
import { readWhyOperands } from './operands.ts';
import type { WhyReport } from './report.ts';
import { exitCodeOf } from './report.ts';
import type { Since } from './since.ts';
import { sinceRelease } from './since.ts';
import { answerLine, MOST_LINES } from './text.ts';

export interface WhyRequest {
  readonly words: readonly string[];
  readonly given: PlanOptions;
  readonly expect?: string;
  readonly resolve: boolean;
  readonly verbose: boolean;
  readonly output: string;
  readonly paint: Paint;
  /** The width of a terminal, which twelve lines are counted at. */
  readonly columns: number;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function why({ words, given: all, resolve, expect, ...request }: WhyRequest): Promise<Result> {
  const form = formNamed(request.output, WHY_FORMS);
  const read = readWhyOperands(words);
  const named = read.sources.length > 0 ? read.sources : [implicitSource(undefined, all)].flatMap((one) => one ?? []);
  refuseUnusedAccess(named, all);
  const given = { ...all, ...workloadIn(read.workload === undefined ? {} : { workload: read.workload }, all) };
  const operands = { ...read, sources: named, to: resolve ? await resolvedTarget(read.to) : read.to };
  refuseStdinTwice([...named, ...(given.manifests?.values ?? [])]);
  const ask: AnswerOptions = {
    operands,
    form,
    ...request,
    ...(expect !== undefined && { expect: oneOf('--expect', expect, VERDICTS) }),
  };
  const [only, another] = named;
  if (another === undefined) {
    const many = await answerPerGroup(
      only,
      given,
      {
        form,
        paint: request.paint,
        alone: (one) => whyCommand(operands, undefined, one),
        ...(!request.verbose && { isRoom: isFewLines(request.columns) }),
      },
      async (one) => printed(ask, await whyOne(ask, [await answerOf(only, one, operands)], one)),
    );
    return many ?? printed(ask, await whyOne(ask, [await answerOf(only, given, operands)], given));
  }
  const answers: Answer[] = [];
  for (const source of named) answers.push(await answerOf(source, given, operands));
  return printed(ask, await whyOne(ask, answers, given));
}

function isFewLines(columns: number): (text: string) => boolean {
  return (text) => fitted(text, columns).trimEnd().split('\n').length <= MOST_LINES;
}

interface AnswerOptions extends Pick<WhyRequest, 'verbose' | 'paint' | 'columns'> {
  readonly operands: WhyOperands;
  readonly form: keyof typeof WHY_FORMS;
  readonly expect?: ExpectedVerdict;
}

function printed({ form, paint, columns }: AnswerOptions, report: WhyReport): GroupAnswer {
  const { problems, notes } = report.now.context;
  const output = WHY_FORMS[form](report, paint, columns);
  return {
    output,
    form,
    problems,
    notes: notesOutside(notes, output).filter((note) => !note.startsWith('note: ')),
    exitCode: exitCodeOf(report),
    summary: answerLine(report),
  };
}

/** Rules that were found say what is; of two the later is now. Manifests beside them say what should be. */
async function whyOne({ operands, expect, verbose }: AnswerOptions, answers: readonly Answer[], given: PlanOptions): Promise<WhyReport> {
  const found = answers.filter(({ observed }) => observed);
  const states = found.length > 0 ? found : answers;
  const now = states.at(-1);
  if (now === undefined) throw badOption('why', 'nothing is named to look at');
  const before = states.length > 1 ? states[0] : undefined;
  const manifest = found.length > 0 ? answers.findLast(({ observed }) => !observed) : undefined;
  const since = before === undefined ? undefined : await sinceOf(before, now, operands, given);
  const fix = fixFor(now);
  return {
    now,
    ...(before && { before }),
    ...(manifest && { manifest }),
    ...(since && { since }),
    ...(fix && { fix }),
    ...(expect === undefined ? {} : { expected: { verdict: expect, met: now.verdict.id === expect } }),
    command: traceCommand(now, operands, given),
    moreCommand: whyCommand(operands, '--verbose', given),
    verbose,
  };
}

/** The release that made the change, where both are the same at two releases. */
async function sinceOf(before: Answer, now: Answer, operands: WhyOperands, given: PlanOptions): Promise<Since | undefined> {
  const [one, other] = [parseSource(before.source), parseSource(now.source)];
  const base = (name: typeof one): string | undefined =>
    name.kind === 'file' && name.file !== '-' ? `${name.file}#${name.workload ?? ''}` : name.kind === 'settings' ? '' : undefined;
  const [a, b] = [before.plan?.release, now.plan?.release];
  if (
    base(one) === undefined ||
    base(one) !== base(other) ||
    a === undefined ||
    b === undefined ||
    a === b ||
    before.verdict.id === now.verdict.id
  )
    return undefined;
  const at = (release: string): string =>
    other.kind === 'file' ? `${other.file}@${release}${other.workload === undefined ? '' : `#${other.workload}`}` : `@${release}`;
  return sinceRelease([a, b], async (release) => (await answerOf(at(release), given, operands)).verdict.id);
}

/** The same of one workload, or of all that was named; with the trail. */
function whyCommand({ sources, from, to }: WhyOperands, more: '--verbose' | undefined, given: PlanOptions): string {
  const [source, ...others] = given.chosen === undefined ? sources : [];
  const sender = from === senderTo(to) ? [] : [from, 'to'];
  // Beside the first source, which is named with it, a workload is one of the manifests among the others.
  const { workload } = given;
  const another = source !== undefined && others.length > 0 && workload !== undefined ? ['--workload', workload] : [];
  return commandOn('why', { source, given }, [...others, ...sender, to, ...another, ...(more === undefined ? [] : [more])]);
}

function traceCommand({ source }: Answer, { from, to }: WhyOperands, given: PlanOptions): string {
  return commandOn('trace', { source: source === '' ? undefined : source, given }, ['--from', from, '--to', to, '--all-rules']);
}
