/** A command that looks at one workload, asked once for all that have the same answer. */

import { API_VERSION } from '../../istio/api-version.ts';
import { badOption } from '../../istio/bad-option.ts';
import { onOneLine } from '../../istio/origin.ts';
import { problemDocument } from '../../istio/plan/plan-document.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError, problemText } from '../../istio/problems.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import type { PlannedGroup, PlannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import { hasErrors, plannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import { grouped, workloadsText } from '../../sources/workloads/counts.ts';
import { manifestsIn } from '../../sources/workloads/detect.ts';
import { examplesText, groupHeading } from '../../sources/workloads/group-names.ts';
import type { ChosenSubject } from '../../sources/workloads/option.ts';
import { outcomeProblems } from '../../sources/workloads/remarks.ts';
import { workloadName, workloadsNamed } from '../../sources/workloads/selection.ts';
import { skippedNotes } from '../../sources/workloads/skipped.ts';
import { sameRulesKey } from '../../sources/workloads/subject.ts';
import type { NextCommand } from '../next/next-command.ts';
import { nextText } from '../next/next-text.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { code } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { selectedDocument, tallyDocument } from './document.ts';

/** What a command has to say of one workload. */
export interface GroupAnswer extends Result {
  /** The answer in a line, for the list of all. */
  readonly summary?: string;
}

interface AnswerOptions {
  readonly form: string;
  readonly paint: Paint;
  /** Whether there is room for a text; the list of the answers goes before the answers whole. */
  readonly isRoom?: (text: string) => boolean;
  /** The command that asks the same of one of them alone. */
  readonly alone?: (one: PlanOptions) => string;
}

interface Answered {
  readonly group: PlannedGroup;
  readonly given: PlanOptions;
  readonly answer: GroupAnswer;
}

/** Forms of which several may stand in one output: of a picture there is one. */
const JOINED: readonly string[] = ['text', 'table', 'json', 'yaml', 'markdown'];

/**
 * The answers for all workloads that are named, those that have the same answer once. Undefined where no manifests are
 * named, or one was chosen already: then there is one thing to look at. Throws a ProblemError for what can't be read.
 */
export async function answerPerGroup(
  source: string | undefined,
  given: PlanOptions,
  { form, paint, isRoom, alone }: AnswerOptions,
  ask: (given: PlanOptions) => Promise<GroupAnswer>,
): Promise<GroupAnswer | undefined> {
  const manifests = given.chosen === undefined ? manifestsIn(source, given) : undefined;
  if (manifests === undefined) return undefined;
  const found = await plannedGroups(manifests, sameRulesKey);
  // What is broken may be what was meant.
  if (found.only !== undefined && hasErrors(found)) throw new ProblemError(found.problems);
  if (found.groups.length > 1 && !JOINED.includes(form))
    throw badOption(
      '--output',
      `${form} shows one thing, and there are ${workloadsNamed(found.count, namesIn(found))}; choose with --workload NAME`,
    );
  const { manifests: files, filename: _, ...rest } = manifests;
  const answers: Answered[] = [];
  for (const group of found.groups) {
    const word = found.groups.length === 1 ? manifests.workload : wordFor(group);
    const named = nameFor(group, word, files?.filenames ?? []);
    const chosen = { subject: group.subject, request: found.request, of: nameOf(group), files: files?.filenames ?? [], ...named };
    const one = { ...rest, ...(files && { manifests: { ...files, filenames: [] } }), chosen };
    answers.push({ group, given: one, answer: await (found.groups.length === 1 ? ask(one) : orProblems(ask(one))) });
  }
  const [first, second] = answers;
  const read = [...found.problems, ...(found.besides ?? [])];
  if (first !== undefined && second === undefined)
    return { ...first.answer, problems: [...read, ...first.answer.problems], notes: [...first.answer.notes, ...skippedNotes(found)] };
  const exitCode = Math.max(hasErrors(found) ? BAD_INPUT : 0, ...answers.map(({ answer }) => answer.exitCode));
  const how = { paint, ...(alone && { alone }), ...(isRoom && { isRoom }) };
  const printed = joined(form, found, answers, how);
  return { ...printed, form, problems: read, notes: found.notes([printed.output, ...answeredAnyway(answers)].join('\n')), exitCode };
}

/** The names of all, as `--workload` takes them. */
function namesIn({ groups }: PlannedGroups): readonly string[] {
  return groups.flatMap(({ names }) => names.map((name) => name.replace(' ', '/')));
}

/** Whom an answer is of. */
function nameOf(group: PlannedGroup): string {
  const { subject, count } = group;
  return count === 1 && subject.kind === 'workload' ? workloadName(subject.workload) : examplesText(group, 1);
}

/** What kept a group from being planned, and not from an answer: nameservers that no rule of the answer rests on. */
function answeredAnyway(answers: readonly Answered[]): readonly string[] {
  const unanswered = answers.filter(({ answer: { output } }) => output === '').flatMap(({ group }) => planProblems(group));
  const answered = answers.filter(({ answer: { output } }) => output !== '').flatMap(({ group }) => planProblems(group));
  return answered.filter((text) => !unanswered.includes(text));
}

function planProblems({ what }: PlannedGroup): readonly string[] {
  return outcomeProblems(what)
    .filter(({ code }) => code === 'servers-unknown')
    .map(problemText);
}

/** The word that names one of the group; settings of ours have no name. */
function wordFor({ subject, examples: [example] }: PlannedGroup): string | undefined {
  return subject.kind === 'workload' ? example?.name.replace(' ', '/') : undefined;
}

/** How a command line names the group alone: by one SOURCE, or beside all that was read. */
function nameFor(
  { subject }: PlannedGroup,
  word: string | undefined,
  [file, another]: readonly string[],
): Pick<ChosenSubject, 'source' | 'workload'> {
  if (subject.kind === 'sidecar' && subject.source.kind === 'file' && another === undefined && file !== '-')
    return { source: subject.source.file };
  if (file !== undefined && another === undefined && word === undefined) return { source: file };
  // Standard input has no parts.
  if (file === undefined || file === '-' || another !== undefined) return word === undefined ? {} : { workload: word };
  return { source: `${file}#${word}` };
}

/** Of many the others still have an answer. */
async function orProblems(answer: Promise<GroupAnswer>): Promise<GroupAnswer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { output: '', problems: error.problems, notes: [], exitCode: BAD_INPUT, summary: `no answer: ${problemsText(error.problems)}` };
  }
}

function problemsText(problems: readonly Problem[]): string {
  return onOneLine(problems.map(problemText).join('; '));
}

type JoinedAnswers = Pick<GroupAnswer, 'output' | 'next'>;

/** The answers in the form that was asked for. */
function joined(form: string, found: PlannedGroups, answers: readonly Answered[], how: Omit<AnswerOptions, 'form'>): JoinedAnswers {
  switch (form) {
    case 'json':
      return { output: `${JSON.stringify(documentOf(found, answers), null, 2)}\n` };
    case 'yaml':
      return { output: answers.map(({ group, answer }) => `# ${groupHeading(group)}\n${answer.output}`).join('---\n') };
    case 'markdown':
      return { output: answers.map(({ group, answer }) => `## ${code(groupHeading(group))}\n\n${answer.output}`).join('\n') };
    default:
      return textOf(answers, how);
  }
}

/** The document. Within one apiVersion keys are added, never renamed or removed. */
function documentOf(found: PlannedGroups, answers: readonly Answered[]): object {
  return {
    apiVersion: API_VERSION,
    kind: 'WorkloadAnswers',
    ...selectedDocument(found),
    groups: answers.map(({ group, answer: { output, problems } }) => ({
      ...tallyDocument(group),
      ...(output === '' ? { problems: problems.map(problemDocument) } : { answer: JSON.parse(output) as object }),
    })),
  };
}

/** Groups that are shown whole behind the list of all. */
const MOST_WHOLE = 4;

/** The answers as a list, then each as it would stand alone, where there is room. */
function textOf(answers: readonly Answered[], { paint, alone, isRoom = () => true }: Omit<AnswerOptions, 'form'>): JoinedAnswers {
  const lists = listOf(answers, paint);
  const parts = answers.flatMap(({ group, answer: { output } }) =>
    output === '' ? [] : [[paint('heading', `==> ${groupHeading(group)}`), ...output.trimEnd().split('\n')]],
  );
  const whole = paragraphs([lists.flat(), ...parts]);
  if (lists.length === 0 || (answers.length <= MOST_WHOLE && isRoom(whole))) return { output: whole };
  const next = alone === undefined ? [] : wholeStep(answers, alone);
  for (let count = lists.length; ; count -= 1) {
    const more =
      count < lists.length ? [`and ${grouped(lists.length - count)} more ${lists.length - count === 1 ? 'group' : 'groups'}`] : [];
    const output = paragraphs([lists.slice(0, count).flat(), more]);
    if (count === 1 || isRoom(`${output}\n${nextText(next)}`)) return { output, next };
  }
}

/** Each answer once, with whom it is of. */
function listOf(answers: readonly Answered[], paint: Paint): readonly (readonly string[])[] {
  const bySummary = new Map<string, PlannedGroup[]>();
  for (const { group, answer } of answers) {
    if (answer.summary === undefined) continue;
    bySummary.set(answer.summary, [...(bySummary.get(answer.summary) ?? []), group]);
  }
  return [...bySummary].map(([summary, groups]) => {
    const { count, owners, examples } = together(groups);
    return [
      paint('heading', `${workloadsText(count)}: ${examplesText({ owners, examples }, 3)}`),
      `  ${count === 1 ? '' : 'each: '}${onOneLine(summary)}`,
    ];
  });
}

function together(groups: readonly PlannedGroup[]): Pick<PlannedGroup, 'count' | 'owners' | 'examples'> {
  const sum = (key: 'count' | 'owners'): number => groups.reduce((total, one) => total + one[key], 0);
  return { count: sum('count'), owners: sum('owners'), examples: groups.flatMap(({ examples }) => examples) };
}

/** The command that shows one of them whole; one that is not well is asked about first. */
function wholeStep(answers: readonly Answered[], alone: NonNullable<AnswerOptions['alone']>): readonly NextCommand[] {
  const printed = answers.filter(({ answer: { output } }) => output !== '');
  const one = printed.find(({ answer: { exitCode } }) => exitCode === 1) ?? printed[0];
  if (one === undefined) return [];
  return [{ why: 'one of them whole; each other by its own name', command: alone(one.given) }];
}
