/** `check`: whose rules these are, whether they are as they should be, and what the machine offers, on one screen. */

import { inspectMachine } from '../../host/machine.ts';
import { planFromSettings } from '../../istio/kubernetes/plan-from-settings.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { oneOf } from '../../sources/bad-option.ts';
import { refuseTwoReaders } from '../../sources/operand-settings.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { parseSource } from '../../sources/source-name.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import type { Result } from '../terminal/result.ts';
import type { connectionIn } from './connection.ts';
import type { Examined } from './examine.ts';
import { examine } from './examine.ts';
import type { CheckFormName } from './forms.ts';
import { CHECK_FORM_NAMES, CHECK_FORMS } from './forms.ts';
import type { CheckedSource } from './next-command.ts';
import { withMoreRights } from './next-commands.ts';
import type { Report } from './report.ts';
import { exitCodeOf } from './report.ts';
import { observedSource, unlessUnreadable } from './source.ts';

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
export async function check({ source, given, from, to, output, family: named, paint }: CheckRequest): Promise<Result> {
  const form: CheckFormName = formNamed(output, CHECK_FORM_NAMES);
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const name = parseSource(source ?? 'live');
  refuseTwoReaders([name, { kind: 'settings' }], given);
  const request: CheckedSource = { source, name, given };
  const reading = observedSource(source ?? 'live', name, given, family);
  const ruleSource = source === undefined ? await unlessUnreadable(reading) : await reading;
  const { report, problems, notes } =
    'unreadable' in ruleSource ? unreadableReport(ruleSource.unreadable, request) : await examine(ruleSource, request);
  const machine = source === undefined ? await inspectMachine(report.drift?.comparison.right.plan ?? planFromSettings({})) : undefined;
  const traced = from !== undefined || to !== undefined;
  const connection = traced && !('unreadable' in ruleSource) ? await connectionOf(ruleSource, request, { from, to, family }) : undefined;
  const whole: Report = { ...report, ...(machine === undefined ? {} : { machine }), ...(connection === undefined ? {} : { connection }) };
  return { output: CHECK_FORMS[form].print(whole, paint), form, problems, notes, exitCode: exitCodeOf(whole) };
}

/** The simulator is loaded where it is asked only. */
async function connectionOf(...[ruleSource, request, words]: Parameters<typeof connectionIn>): ReturnType<typeof connectionIn> {
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
