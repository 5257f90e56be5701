/** `lint`: settings and manifests that do not do what they seem to. */

import type { CollectRequest, LintReport } from '../../istio/advice/lint/collect.ts';
import { lintGathering } from '../../istio/advice/lint/collect.ts';
import { deadRuleFinder } from '../../istio/advice/lint/dead-rules.ts';
import { badOption } from '../../istio/bad-option.ts';
import type { Mesh } from '../../istio/kubernetes/mesh/mesh.ts';
import type { Sourced } from '../../istio/origin.ts';
import { fileText } from '../../istio/origin.ts';
import { quoteForPasting } from '../../netfilter/words.ts';
import { refuseUnusedAccess } from '../../sources/cluster-options.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import { kindOfFile } from '../../sources/kind-of-file.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { refuseArgumentsBeside } from '../../sources/plan-input.ts';
import { parseSource } from '../../sources/source-name.ts';
import { refuseStdinTwice } from '../../sources/stdin-once.ts';
import { holdsRulesAlone, workloadIn } from '../../sources/workloads/detect.ts';
import { injectionRequest } from '../../sources/workloads/injection-request.ts';
import { noneFound } from '../../sources/workloads/none-found.ts';
import type { WorkloadOption } from '../../sources/workloads/option.ts';
import { choiceOf } from '../../sources/workloads/selection.ts';
import type { Passed, Streamed } from '../../sources/workloads/stream.ts';
import { forEachWorkload } from '../../sources/workloads/workload-stream.ts';
import { programCommand } from '../next/command-text.ts';
import type { NextCommand } from '../next/next-command.ts';
import { programName } from '../program-name.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import { oncePerCause } from '../terminal/once-per-cause.ts';
import type { FixedFiles } from './fix.ts';
import { diffOf, fixedFiles, unsafeIn, writeFixed } from './fix.ts';
import { LINT_FORMS } from './forms.ts';
import { leftOut } from './left-out.ts';
import { fixedNote, summaryOf } from './summary.ts';
import { reaches, thresholdOf } from './threshold.ts';

export interface LintCommand {
  readonly files: readonly string[];
  readonly given: SourceOptions & WorkloadOption;
  readonly failOn: string;
  /** Which of its names the option was given by. */
  readonly failOnOption?: string;
  readonly suppress?: readonly string[];
  readonly baseline?: string;
  /** Whether safe mends are written. */
  readonly fix?: boolean;
  /** Whether those are written as well that change what pods do. */
  readonly unsafeFixes?: boolean;
  /** Whether they are shown as a diff instead. */
  readonly dryRun?: boolean;
  readonly output: string;
  readonly paint: Paint;
}

/** Runs the command. Throws a ProblemError for options that can't be used. */
export async function lint(command: LintCommand): Promise<Result> {
  const {
    given,
    failOn,
    failOnOption = '--fail-on',
    suppress = [],
    baseline,
    unsafeFixes = false,
    dryRun = false,
    output,
    paint,
  } = command;
  const fix = command.fix === true || dryRun || unsafeFixes;
  const form = formNamed(output, LINT_FORMS);
  const threshold = thresholdOf(failOnOption, failOn);
  const words = namedFiles(command);
  const parts = partsOf(words, given);
  const named = parts.flatMap(({ files }) => files);
  if (fix && named.includes('-')) throw badOption('--fix', 'writes into files; standard input is none');
  refuseStdinTwice([...named, ...(given.manifests?.values ?? [])]);
  refuseArgumentsBeside(given);
  const release = releaseOf(given);
  const { mesh, images, installer } = await injectionRequest(given, undefined, named);
  const linted = (texts: FixedFiles = new Map()): Promise<Linted> => {
    const { leaveOut, notes } = leftOut(suppress, baseline);
    const request = {
      images,
      leaveOut,
      ...(installer && { installer }),
      ...(release && { release }),
      ...(fix && { mostPlaces: Number.POSITIVE_INFINITY }),
    };
    const fixedTexts = new Map([...texts].map(([file, { text }]) => [file, text]));
    return lintFiles({ parts, mesh, request, notes, given, texts: fixedTexts, named: suppress.length > 0 });
  };
  let fixed: FixedFiles = new Map();
  let { report, passed, others, notes } = await linted();
  // A mend may be the ground for another one: a port that stands there three times.
  for (let round = 0; fix && round < MOST_ROUNDS; round += 1) {
    const more = fixedFiles(fixed, report, unsafeFixes);
    if (more === undefined) break;
    fixed = more;
    ({ report, passed, others, notes } = await linted(fixed));
  }
  const fixNote = fixedNote(fixed, { dryRun, unsafe: unsafeFixes ? 0 : unsafeIn(report) });
  if (dryRun) return { output: diffOf(fixed), form: 'patch', problems: [], notes: [fixNote], exitCode: fixed.size === 0 ? 0 : 1 };
  writeFixed(fixed);
  const unread = passed.problems.some(({ severity }) => severity === 'error');
  const useValues = passed.problems.some(({ code }) => code === 'use-values');
  if (report.workloads + others === 0 && useValues) throw noneFound(named.join(' '), passed);
  const [folders] = passed.folders ?? [];
  return {
    output: LINT_FORMS[form].print({ ...report, skipped: passed.skipped, ...(folders && { folders }) }, paint),
    form,
    next: lintSteps(report, words, given, fix),
    problems: [],
    notes: [...(fix ? [fixNote] : []), ...notes],
    exitCode: unread ? BAD_INPUT : reaches(report, threshold) ? 1 : 0,
  };
}

const MOST_ROUNDS = 20;

/** What to do about what was found: read its page, and let be written what is safe to write. */
function lintSteps({ results }: LintReport, named: readonly string[], { workload }: WorkloadOption, fix: boolean): readonly NextCommand[] {
  const [first] = results;
  const isSafe =
    !fix &&
    results.some(({ edits }) => edits.some((edit) => edit !== undefined && edit.isUnsafe !== true)) &&
    named.every((word) => partsOf([word], {}).every(({ files }) => files.every((file) => kindOfFile(file) !== undefined)));
  const words = [...named, ...(workload === undefined ? [] : ['--workload', workload])];
  const [program, files] = [programName(), words.map(quoteForPasting).join(' ')];
  return [
    ...(first === undefined ? [] : [{ why: 'what that means, and what to do', command: `${program} lint --explain ${first.code}` }]),
    ...(isSafe ? [{ why: 'write what is safe to write; --dry-run shows it', command: `${program} lint ${files} --fix` }] : []),
  ];
}

function namedFiles({ files, given }: LintCommand): readonly string[] {
  const named = [...files, ...(given.manifests?.filenames ?? [])];
  const implied = named.length > 0 ? undefined : implicitSource(undefined, given);
  const words = implied === undefined ? named : [implied];
  if (words.length === 0) throw badOption('lint', 'no input; name a file or a folder, or - for standard input');
  const rules = words.find(holdsRulesAlone);
  if (rules !== undefined) throw badOption(fileText(rules), `holds rules, no manifest: ${programCommand('check', rules)} looks at them`);
  refuseUnusedAccess(words, given);
  return words;
}

/** Files that are looked at together: as a whole, or for the workloads of one name. */
interface Part {
  readonly files: readonly string[];
  readonly workload?: string;
}

function partsOf(words: readonly string[], given: WorkloadOption): readonly Part[] {
  const parts = new Map<string | undefined, string[]>();
  for (const word of words) {
    const name = parseSource(word);
    const isPart = name.kind === 'file' && name.release === undefined;
    const { workload } = isPart ? workloadIn(name, given) : given;
    parts.set(workload, [...(parts.get(workload) ?? []), isPart ? name.file : word]);
  }
  return [...parts].map(([workload, files]) => ({ files, ...(workload === undefined ? {} : { workload }) }));
}

interface LintInput {
  readonly parts: readonly Part[];
  readonly mesh: Mesh;
  readonly request: CollectRequest;
  /** About what was left out. */
  readonly notes: () => readonly string[];
  readonly given: Pick<SourceOptions, 'progress' | 'cluster'>;
  /** What stands in files in place of what they hold. */
  readonly texts: ReadonlyMap<string, string>;
  /** Whether what is suppressed is said by names. */
  readonly named: boolean;
}

interface Linted {
  readonly report: LintReport;
  readonly passed: Passed;
  /** How many objects without pods were looked at. */
  readonly others: number;
  readonly notes: readonly string[];
}

async function lintFiles({ parts, mesh, request, notes, given, texts, named }: LintInput): Promise<Linted> {
  const dead = deadRuleFinder();
  const gathering = lintGathering({ ...request, findDead: dead.find });
  let others = 0;
  const other: Passed['other'] = (object, known) => {
    others += 1;
    gathering.other(object, known);
  };
  const passed: Passed = { skipped: new Map(), problems: [], other };
  const visit = (subject: Streamed): void => {
    if (subject.kind === 'workload') gathering.workload(subject.workload, subject.mesh, subject.count);
    else gathering.sidecar(subject.sidecar, subject.source);
  };
  for (const { files, workload } of parts) {
    const choice = workload === undefined ? undefined : choiceOf(workload);
    // What stands beside those that were chosen is no matter of theirs.
    const beside: Passed = { skipped: new Map(), problems: [] };
    await forEachWorkload(files, mesh, choice === undefined ? passed : beside, choice?.offer ?? visit, {
      ...given,
      owners: true,
      texts,
      // Who is suppressed may be named.
      ...(!named && choice === undefined && { folds: (one) => one.kind === 'workload' && gathering.isKnown(one.workload, one.mesh) }),
    });
    for (const one of choice?.chosen(files.join(' ')) ?? []) visit(one);
  }
  for (const one of oncePerCause([...mesh.problems, ...passed.problems])) gathering.problem(one);
  const report = gathering.report();
  return { report, passed, others, notes: [...summaryOf(report, passed, dead.passedOver()), ...notes()] };
}

function releaseOf({ release }: SourceOptions): Sourced<string> | undefined {
  if (release === undefined) return undefined;
  return { value: release, source: { kind: 'option', option: '--release' } };
}
