/** `check` of several sources: the screen of each, one after the other. */

import { API_VERSION } from '../../istio/api-version.ts';
import { onOneLine } from '../../istio/origin.ts';
import { ProblemError } from '../../istio/problems.ts';
import { refuseUnusedAccess } from '../../sources/cluster-options.ts';
import { typedWords } from '../../sources/source-name.ts';
import { refuseStdinTwice } from '../../sources/stdin-once.ts';
import { isPlainManifests } from '../../sources/workloads/detect.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { CheckRequest } from './check.ts';
import { check } from './check.ts';
import type { CheckFormName } from './forms.ts';
import { CHECK_FORMS } from './forms.ts';

interface Checked {
  readonly source: string;
  readonly result: Result;
}

/** Checks each of them; manifests alone are one source, of which equal workloads are one. Throws a ProblemError for options that can't be used. */
export async function checkSeveral(sources: readonly string[], request: Omit<CheckRequest, 'source'>): Promise<Result> {
  refuseStdinTwice(sources);
  const { given } = request;
  refuseUnusedAccess(sources, given);
  if (given.filename === undefined && sources.every(isPlainManifests)) {
    const [filename] = sources;
    const manifests = given.manifests && { ...given.manifests, filenames: sources };
    return check({ ...request, given: { ...given, ...(filename !== undefined && { filename }), ...(manifests && { manifests }) } });
  }
  return checkSources(
    sources.map((source) => ({ source, given })),
    request,
  );
}

/** Checks each of them against what is given for it. */
export async function checkSources(
  requested: readonly Required<Pick<CheckRequest, 'source' | 'given'>>[],
  request: Omit<CheckRequest, 'source'>,
): Promise<Result> {
  const form = formNamed(request.output, CHECK_FORMS);
  const checked: Checked[] = [];
  for (const one of requested)
    checked.push({ source: typedWords(one.source)[0] ?? one.source, result: await orProblems(check({ ...request, ...one })) });
  const results = checked.map(({ result }) => result);
  return {
    output: joined(form, checked, request.paint),
    form,
    problems: results.flatMap(({ problems }) => problems),
    notes: results.flatMap(({ notes }) => notes),
    exitCode: Math.max(...results.map(({ exitCode }) => exitCode)),
  };
}

/** Of several the others still have an answer. */
async function orProblems(result: Promise<Result>): Promise<Result> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { output: '', problems: error.problems, notes: [], exitCode: BAD_INPUT };
  }
}

function joined(form: CheckFormName, checked: readonly Checked[], paint: Paint): string {
  const printed = checked.filter(({ result }) => result.output !== '');
  if (form === 'json') {
    const checks = printed.map(({ source, result }) => ({ source, check: JSON.parse(result.output) as object }));
    return `${JSON.stringify({ apiVersion: API_VERSION, kind: 'Checks', checks }, null, 2)}\n`;
  }
  if (form === 'markdown') return printed.map(({ result }) => result.output).join('\n');
  return paragraphs(
    printed.map(({ source, result }) => [paint('heading', `==> ${onOneLine(source)}`), ...result.output.trimEnd().split('\n')]),
  );
}
