/** `conform`: a program that claims to be istio-iptables, run through the golden cases, and held to the releases. */

import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { programs } from '../../host/run.ts';
import { which } from '../../host/scratch/pod-run.ts';
import { runAll } from '../../host/scratch/pod-runs.ts';
import { badOption, oneOf, unusable } from '../../istio/bad-option.ts';
import { deviationsFrom, nearestOf, runsOf, scoresOf } from '../../istio/found/conformance/judge.ts';
import { quoted } from '../../istio/problems.ts';
import { resolveRelease } from '../../istio/releases/resolve-release.ts';
import type { WorkProgress } from '../../sources/options.ts';
import type { Result } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { casesIn, ownCases } from './cases.ts';
import type { ConformFormName } from './forms.ts';
import { CONFORM_FORMS } from './forms.ts';
import { compareStates } from './state-differences.ts';

export interface ConformRequest {
  /** The program, and the words before the arguments of a case. */
  readonly program: readonly string[];
  readonly release?: string;
  /** Folders of cases. */
  readonly cases: readonly string[];
  readonly only?: string;
  /** `K=V` */
  readonly env: readonly string[];
  /** Seconds for each run. */
  readonly deadline?: string;
  readonly output: string;
  readonly progress: WorkProgress;
  readonly paint: Paint;
}

const ONLY_GIVEN = 'cases';

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function conform(request: ConformRequest): Promise<Result> {
  const { program, only, progress, paint } = request;
  const form = oneOf('--output', request.output, Object.keys(CONFORM_FORMS) as ConformFormName[]);
  const path = which(program[0] ?? '');
  if (program[0] === undefined) throw badOption('PROGRAM', 'is missing: name the program to run, as in conform pilot-agent istio-iptables');
  if (path === undefined) throw badOption('PROGRAM', `${quoted(program[0])} is no program, neither here nor on the search path`);
  if (only === ONLY_GIVEN && request.cases.length === 0) throw badOption('--only', `${ONLY_GIVEN} needs --cases DIR`);
  const resolved = request.release === undefined ? undefined : resolveRelease({ value: request.release, source: RELEASE });
  const given = request.cases.flatMap(casesIn);
  const all = only === ONLY_GIVEN ? given : [...ownCases(), ...given].filter(({ name }) => only === undefined || name.includes(only));
  const runs = all
    .flatMap(runsOf)
    .filter(({ outcomes }) => resolved === undefined || outcomes.some((one) => one.releases.includes(resolved.release)));
  if (runs.length === 0)
    throw badOption('--only', `no case ${only === undefined ? 'has an outcome of that release' : `has ${quoted(only)} in its name`}`);
  const judged = await run([resolve(path), ...program.slice(1)], runs, request).finally(progress.clear);
  const scores = scoresOf(judged);
  const nearest = resolved === undefined ? nearestOf(scores) : scores.filter(({ release }) => release === resolved.release);
  const held = nearest.at(-1);
  const deviations = held === undefined ? [] : deviationsFrom(held.release, judged);
  const report = {
    program,
    runs: judged,
    scores,
    nearest,
    isGiven: resolved !== undefined,
    deviations: deviations.map((one) => ({ ...one, differences: compareStates(one) })),
  };
  return {
    output: CONFORM_FORMS[form].print(report, paint),
    problems: resolved?.problems ?? [],
    notes: [],
    exitCode: held !== undefined && deviations.length === 0 ? 0 : 1,
  };
}

const RELEASE = { kind: 'option', option: '--release' } as const;

async function run(
  program: readonly string[],
  runs: Parameters<typeof runAll>[1],
  { env, deadline = '30', progress }: ConformRequest,
): ReturnType<typeof runAll> {
  if (!/^\d{1,4}$/.test(deadline) || Number(deadline) === 0)
    throw badOption('--deadline', `${quoted(deadline)} is not a number of seconds, as 30`);
  const variables = env.map((text) => {
    const [, name, value] = /^([^=]+)=([^]*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined) throw badOption('--env', `${quoted(text)} is not a variable, as K=V`);
    return [name, value] as const;
  });
  try {
    return await runAll({ program, env: Object.fromEntries(variables), deadline: Number(deadline) * 1000 }, runs, programs(), {
      atOnce: availableParallelism(),
      done: (count) => progress.update({ read: count, total: runs.length }, count),
    });
  } catch (error) {
    throw unusable('conform', error);
  }
}
