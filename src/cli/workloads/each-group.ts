/** A command that looks at one workload, asked once for all that have the same answer. */

import { API_VERSION } from '../../istio/api-version.ts';
import { badOption } from '../../istio/bad-option.ts';
import { onOneLine } from '../../istio/origin.ts';
import { problemDocument } from '../../istio/plan/plan-document.ts';
import type { Problem } from '../../istio/problems.ts';
import { ProblemError, problemText } from '../../istio/problems.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { grouped, workloadsText } from '../../sources/workloads/counts.ts';
import { manifestsIn } from '../../sources/workloads/detect.ts';
import { examplesText, groupHeading } from '../../sources/workloads/group-names.ts';
import type { PlannedGroup, PlannedGroups } from '../../sources/workloads/planned-groups.ts';
import { hasErrors, plannedGroups } from '../../sources/workloads/planned-groups.ts';
import { workloadName } from '../../sources/workloads/selection.ts';
import { skippedNotes } from '../../sources/workloads/skipped.ts';
import { alikeKey } from '../../sources/workloads/subject.ts';
import type { Paint } from '../terminal/color.ts';
import { code } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { Result } from '../terminal/result.ts';
import { BAD_INPUT } from '../terminal/result.ts';
import { selectedDocument, tallyDocument } from './document.ts';

/** What a command has to say of one workload. */
export interface GroupAnswer extends Result {
  /** The answer in a line, for the list of all. */
  readonly summary?: string;
}

interface HowShown {
  readonly form: string;
  readonly paint: Paint;
  /** Whether there is room for a text; the list of the answers goes before the answers whole. */
  readonly isRoom?: (text: string) => boolean;
}

interface Answered {
  readonly group: PlannedGroup;
  readonly answer: GroupAnswer;
}

/** Forms of which several may stand in one output: of a picture there is one. */
const JOINED: readonly string[] = ['text', 'table', 'json', 'yaml', 'markdown'];

/**
 * The answers for all workloads that are named, those that have the same answer once. Undefined where no manifests are
 * named, or one was chosen already: then there is one thing to look at. Throws a ProblemError for what can't be read.
 */
export async function eachGroup(
  source: string | undefined,
  given: PlanOptions,
  { form, paint, isRoom }: HowShown,
  ask: (given: PlanOptions) => Promise<GroupAnswer>,
): Promise<GroupAnswer | undefined> {
  const manifests = given.chosen === undefined ? manifestsIn(source, given) : undefined;
  if (manifests === undefined) return undefined;
  const found = await plannedGroups(manifests, alikeKey);
  // What is broken may be what was meant.
  if (found.only !== undefined && hasErrors(found)) throw new ProblemError(found.problems);
  if (found.groups.length > 1 && !JOINED.includes(form))
    throw badOption(
      '--output',
      `${form} shows one thing, and there are ${found.groups.length} with other rules; choose with --workload NAME`,
    );
  const { manifests: asked, filename: _, ...rest } = manifests;
  const answers: Answered[] = [];
  for (const group of found.groups) {
    const named = sourceOf(group, asked?.filenames ?? [], found.groups.length);
    const chosen = { subject: group.subject, request: found.request, of: nameOf(group), files: asked?.filenames ?? [], ...named };
    const one = { ...rest, ...(asked && { manifests: { ...asked, filenames: [] } }), chosen };
    answers.push({ group, answer: await (found.groups.length === 1 ? ask(one) : orProblems(ask(one))) });
  }
  const [first, second] = answers;
  const read = [...found.problems, ...(found.besides ?? [])];
  if (first !== undefined && second === undefined)
    return { ...first.answer, problems: [...read, ...first.answer.problems], notes: [...first.answer.notes, ...skippedNotes(found)] };
  const exitCode = Math.max(hasErrors(found) ? BAD_INPUT : 0, ...answers.map(({ answer }) => answer.exitCode));
  return { output: joined(form, found, answers, { paint, ...(isRoom && { isRoom }) }), form, problems: read, notes: found.notes, exitCode };
}

/** Whom an answer is of. */
function nameOf(group: PlannedGroup): string {
  const { subject, count } = group;
  return count === 1 && subject.kind === 'workload' ? workloadName(subject.workload) : examplesText(group, 1);
}

/** How a command line names the group alone. */
function sourceOf({ examples: [example] }: PlannedGroup, [file, another]: readonly string[], groups: number): { readonly source?: string } {
  if (file === undefined || another !== undefined || example === undefined) return {};
  return { source: groups === 1 ? file : `${file}#${example.name.replace(' ', '/')}` };
}

/** Of many the others still have an answer. */
async function orProblems(answer: Promise<GroupAnswer>): Promise<GroupAnswer> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { output: '', problems: error.problems, notes: [], exitCode: BAD_INPUT, summary: `no answer: ${troubleText(error.problems)}` };
  }
}

function troubleText(problems: readonly Problem[]): string {
  return onOneLine(problems.map(problemText).join('; '));
}

/** The answers in the form that was asked for. */
function joined(form: string, found: PlannedGroups, answers: readonly Answered[], how: Omit<HowShown, 'form'>): string {
  switch (form) {
    case 'json':
      return `${JSON.stringify(documentOf(found, answers), null, 2)}\n`;
    case 'yaml':
      return answers.map(({ group, answer }) => `# ${groupHeading(group)}\n${answer.output}`).join('---\n');
    case 'markdown':
      return answers.map(({ group, answer }) => `## ${code(groupHeading(group))}\n\n${answer.output}`).join('\n');
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
function textOf(answers: readonly Answered[], { paint, isRoom = () => true }: Omit<HowShown, 'form'>): string {
  const lists = answers.flatMap(({ group, answer: { summary } }) =>
    summary === undefined
      ? []
      : [[paint('heading', `${workloadsText(group.count)}: ${examplesText(group, 3)}`), `  ${onOneLine(summary)}`]],
  );
  const parts = answers.flatMap(({ group, answer: { output } }) =>
    output === '' ? [] : [[paint('heading', `==> ${groupHeading(group)}`), ...output.trimEnd().split('\n')]],
  );
  const whole = paragraphs([lists.flat(), ...parts]);
  if (lists.length === 0 || (answers.length <= MOST_WHOLE && isRoom(whole))) return whole;
  for (let count = lists.length; ; count -= 1) {
    const more =
      count < lists.length ? [`and ${grouped(lists.length - count)} more ${lists.length - count === 1 ? 'group' : 'groups'}`] : [];
    const text = paragraphs([lists.slice(0, count).flat(), [...more, 'each whole: --workload NAME']]);
    if (count === 1 || isRoom(text)) return text;
  }
}
