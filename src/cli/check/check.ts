/** `check`: whose rules these are, whether they are as they should be, and what the machine offers, on one screen. */

import { inspectMachine } from '../../host/machine.ts';
import { oneOf } from '../../istio/bad-option.ts';
import { planFromSettings } from '../../istio/kubernetes/plan-from-settings.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { observedSource, unlessUnreadable } from '../../sources/observed-source.ts';
import { refuseTwoReaders } from '../../sources/operand-settings.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { readSource } from '../../sources/read-source.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { SourceName } from '../../sources/source-name.ts';
import { parseSource } from '../../sources/source-name.ts';
import { commandOn } from '../next/command-on.ts';
import type { CheckedSource } from '../next/next-command.ts';
import type { Result } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { GroupAnswer } from '../workloads/per-group.ts';
import { answerPerGroup } from '../workloads/per-group.ts';
import type { connectionIn } from './connection.ts';
import type { Connection } from './connection-report.ts';
import type { Examined } from './examine.ts';
import { examine } from './examine.ts';
import { CHECK_FORMS } from './forms.ts';
import { withMoreRights } from './next-commands.ts';
import type { Report } from './report.ts';
import { exitCodeOf } from './report.ts';
import { headline } from './verdict.ts';

export interface CheckRequest {
  /** Left out: this network namespace, and the machine. */
  readonly source?: string;
  /** What the rules are compared with; without any, against what they tell of themselves. */
  readonly given: PlanOptions;
  /** A connection whose verdict is wanted. */
  readonly from?: string;
  readonly to?: string;
  readonly output: string;
  readonly family?: string;
  readonly paint: Paint;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function check(request: CheckRequest): Promise<Result> {
  const { source, given, output, paint } = request;
  const form = formNamed(output, CHECK_FORMS);
  const { filename, ...others } = given;
  // Beside a SOURCE settings are what it is compared with; alone they are what is looked at.
  if (isCompared(source === undefined ? others : given)) return checkOne(alone(request));
  const many = await answerPerGroup(source, given, { form, paint, alone: (one) => aloneCommand(request, one) }, (one) =>
    checkOne({ ...request, given: one }),
  );
  return many ?? checkOne(alone(request));
}

function aloneCommand({ from, to, family }: CheckRequest, given: PlanOptions): string {
  const packet = Object.entries({ from, to, family }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value]));
  return commandOn('check', { source: undefined, given }, packet);
}

/** `-f` without a SOURCE is what is looked at, as in every other command. */
function alone(request: CheckRequest): CheckRequest {
  const { filename, ...given } = request.given;
  return request.source === undefined && filename !== undefined ? { ...request, source: filename, given } : request;
}

/** Whether something is named that the rules should be like. */
function isCompared({ filename, sets, args, env, envFile }: PlanOptions): boolean {
  return [filename, args, envFile].some((one) => one !== undefined) || sets.length + env.length > 0;
}

async function checkOne({ source, given, from, to, output, family: named, paint }: CheckRequest): Promise<GroupAnswer> {
  const form = formNamed(output, CHECK_FORMS);
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const { chosen } = given;
  const name: SourceName = chosen === undefined ? parseSource(source ?? 'live') : { kind: 'settings' };
  refuseTwoReaders([name, { kind: 'settings' }], given);
  const request: CheckedSource = { source, name, given };
  const known: PlanOptions = { ...given, placeholder: !isCompared(given) };
  const reading = chosen === undefined ? observedSource(source ?? 'live', name, known, family) : readSource(undefined, known, family);
  const isLive = source === undefined && chosen === undefined;
  const ruleSource = isLive ? await unlessUnreadable(reading) : await reading;
  const connection = 'unreadable' in ruleSource ? undefined : await requestedConnection(ruleSource, request, { from, to, family });
  // The run that a pod's status tells of is what is asked about: it has failed.
  if (!('unreadable' in ruleSource) && ruleSource.input !== undefined && ruleSource.run === undefined && !isCompared(given)) {
    const { checkPlan } = await import('./plan/check-plan.ts');
    return checkPlan(ruleSource.input, request, { form, paint, ...(connection && { connection }) });
  }
  const { report, problems, notes } =
    'unreadable' in ruleSource ? unreadableReport(ruleSource.unreadable, request) : await examine(ruleSource, request);
  const machine = isLive ? await inspectMachine(report.drift?.comparison.right.plan ?? planFromSettings({})) : undefined;
  const whole: Report = { ...report, ...(machine && { machine }), ...(connection && { connection }) };
  return { output: CHECK_FORMS[form].print(whole, paint), form, problems, notes, exitCode: exitCodeOf(whole), summary: headline(whole) };
}

/** The simulator is loaded where it is asked only. */
async function requestedConnection(
  ruleSource: RuleSource,
  request: CheckedSource,
  words: Parameters<typeof connectionIn>[2],
): Promise<Connection | undefined> {
  if (words.from === undefined && words.to === undefined) return undefined;
  const { connectionIn } = await import('./connection.ts');
  return connectionIn(ruleSource, request, words);
}

function unreadableReport(unreadable: string, request: CheckedSource): Examined {
  return {
    report: { name: 'this network namespace', unreadable, findings: [], unseen: [], nextCommands: withMoreRights(request) },
    problems: [],
    notes: [],
  };
}
