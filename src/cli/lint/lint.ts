/** `lint`: settings and manifests that do not do what they seem to. */

import { deadRuleFinder } from '../../istio/advice/lint/dead-rules.ts';
import { lintGathering } from '../../istio/advice/lint/gather.ts';
import type { Sourced } from '../../istio/origin.ts';
import { badOption } from '../../sources/bad-option.ts';
import { implicitSource } from '../../sources/implicit-source.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { refuseArgumentsBeside } from '../../sources/plan-input.ts';
import { refuseStdinTwice } from '../../sources/stdin-once.ts';
import { eachWorkload } from '../../sources/workloads/each-workload.ts';
import { injectionRequest } from '../../sources/workloads/injection-request.ts';
import { noneFound } from '../../sources/workloads/none-found.ts';
import type { Passed } from '../../sources/workloads/stream.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { Result } from '../terminal/result.ts';
import { BAD_INPUT } from '../terminal/result.ts';
import type { LintFormName } from './forms.ts';
import { LINT_FORM_NAMES, LINT_FORMS } from './forms.ts';
import { summaryOf } from './summary.ts';
import { reaches, thresholdOf } from './threshold.ts';

export interface LintCommand {
  readonly files: readonly string[];
  readonly given: SourceOptions;
  readonly failOn: string;
  /** Which of its names the option was given by. */
  readonly failOnOption?: string;
  readonly output: string;
  readonly paint: Paint;
}

/** Runs the command. Throws a ProblemError for options that can't be used. */
export async function lint({ files: operands, given, failOn, failOnOption = '--fail-on', output, paint }: LintCommand): Promise<Result> {
  const form: LintFormName = formNamed(output, LINT_FORM_NAMES);
  const threshold = thresholdOf(failOnOption, failOn);
  const named = [...operands, ...(given.manifests?.filenames ?? [])];
  const files = named.length === 0 && implicitSource(undefined, given) === '-' ? ['-'] : named;
  if (files.length === 0) throw badOption('lint', 'has no input: name a file or a folder, or - for standard input');
  refuseStdinTwice([...files, ...(given.manifests?.values ?? [])]);
  refuseArgumentsBeside(given);
  const release = releaseOf(given);
  const { mesh, images, installer } = await injectionRequest(given);
  const dead = deadRuleFinder();
  const gathering = lintGathering({
    images,
    ...(installer === undefined ? {} : { installer }),
    ...(release === undefined ? {} : { release }),
    findDead: dead.find,
  });
  let others = 0;
  const other: Passed['other'] = (object, known) => {
    others += 1;
    gathering.other(object, known);
  };
  const passed: Passed = { skipped: new Map(), problems: [], other };
  const count = await eachWorkload(
    files,
    mesh,
    passed,
    (subject) => {
      if (subject.kind === 'workload') gathering.workload(subject.workload, subject.mesh);
      else gathering.sidecar(subject.sidecar, subject.source);
    },
    given.progress,
  );
  for (const one of [...mesh.problems, ...passed.problems]) gathering.problem(one);
  const report = gathering.report();
  const unread = passed.problems.some(({ severity }) => severity === 'error');
  if (count + others === 0 && !unread) throw noneFound(files.join(' '), passed);
  return {
    output: LINT_FORMS[form].print({ ...report, skipped: passed.skipped }, paint),
    form,
    problems: [],
    notes: summaryOf(report, passed, dead.passedOver()),
    exitCode: unread ? BAD_INPUT : reaches(report, threshold) ? 1 : 0,
  };
}

function releaseOf({ release }: SourceOptions): Sourced<string> | undefined {
  if (release === undefined) return undefined;
  return { value: release, source: { kind: 'option', option: '--release' } };
}
