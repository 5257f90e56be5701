/** `probe`: proves redirection in this namespace. */

import { hostFacts } from '../../host/facts.ts';
import { badOption } from '../../sources/bad-option.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { planInput } from '../../sources/plan-input.ts';
import type { Result } from '../terminal/result.ts';
import { milliseconds, PROBE_FAILED, probePlan } from './probing.ts';

export interface ProbeRequest {
  readonly given: PlanOptions;
  readonly timeout: string;
  readonly port: string;
}

/** Runs the command. Throws a ProblemError for bad input. */
export async function probeCommandWork({ given, timeout, port }: ProbeRequest): Promise<Result> {
  if (!/^(\d+(\.\d+)?(ms|s|m))+$/.test(timeout)) throw badOption('--timeout', `${JSON.stringify(timeout)} is not a duration such as 5s`);
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65535) throw badOption('--port', `${JSON.stringify(port)} is not a port (1 to 65535)`);
  const { plan, notes } = await planInput(given, hostFacts());
  const { lines, failed } = await probePlan(plan, Number(port), milliseconds(timeout));
  const missing = failed ? await (await import('../../host/kernel/missing-rules.ts')).missingRules(plan) : [];
  return {
    form: 'text',
    output: lines.map((line) => `${line}\n`).join(''),
    problems: plan.problems,
    notes: [...notes, ...missing],
    exitCode: failed ? PROBE_FAILED : 0,
  };
}
