/** The check of a page: a workload that stands beside the rules says what they should be. */

import type { Identification } from '../../istio/found/identify.ts';
import { ProblemError, problemText } from '../../istio/problems.ts';
import { hasSettings } from '../../sources/operand-settings.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { withFile } from '../../sources/workloads/detect.ts';
import type { CheckedSource } from '../next/next-command.ts';
import type { Expected } from './desired.ts';
import { expectedOf } from './desired.ts';

export interface ExpectedBeside {
  /** The check as if the workload had been named. */
  readonly request: CheckedSource;
  readonly expected: Expected | undefined;
  /** Why the workload says nothing. */
  readonly notes: readonly string[];
}

/** What is expected of the rules of a side. Throws a ProblemError for settings that were given and can't be used. */
export async function expectedBeside(ruleSource: RuleSource, source: CheckedSource, identified: Identification): Promise<ExpectedBeside> {
  const request = await withWorkload(source, identified);
  if (request === undefined) return { request: source, expected: await expectedOf(ruleSource, source.given, identified), notes: [] };
  try {
    return { request, expected: await expectedOf(ruleSource, request.given, identified), notes: [] };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    const why = error.problems.map(problemText).join('; ');
    const expected = await expectedOf(ruleSource, source.given, identified);
    return { request: source, expected, notes: [`note: ${request.given.filename} says nothing of the rules: ${why}`] };
  }
}

/** At the release that the rules tell, where the workload is not injected and names none. */
async function withWorkload(source: CheckedSource, { answers: [likeliest] }: Identification): Promise<CheckedSource | undefined> {
  const { name, given } = source;
  if (name.kind !== 'file' || hasSettings(given)) return undefined;
  const { workloadBeside } = await import('../../sources/page.ts');
  const found = await workloadBeside(name.file);
  if (found === undefined) return undefined;
  const release = found.injected ? undefined : likeliest?.plan.release;
  return { ...source, given: { ...withFile(given, found.file), ...(release === undefined ? {} : { release }) } };
}
