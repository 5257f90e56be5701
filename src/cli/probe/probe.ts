/** `probe`: proves redirection in a network namespace. */

import { targetFacts } from '../../host/facts.ts';
import type { Namespace, Target } from '../../host/namespace/namespace.ts';
import { openNamespace } from '../../host/namespace/namespace.ts';
import { probeIn } from '../../host/probe/probe-there.ts';
import { programs } from '../../host/run.ts';
import { badOption, unusable } from '../../istio/bad-option.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { planInput } from '../../sources/plan-input.ts';
import { timeoutGiven } from '../duration.ts';
import type { Result } from '../result.ts';
import { PROBE_FAILED, probePlan } from './probing.ts';

export interface ProbeRequest {
  readonly target: Target;
  readonly given: PlanOptions;
  readonly timeout: string;
  readonly port: string;
}

/** Runs the command. Throws a ProblemError for bad input. */
export async function probeCommandWork({ target, given, timeout, port }: ProbeRequest): Promise<Result> {
  const limit = timeoutGiven(timeout);
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65535) throw badOption('--port', `${JSON.stringify(port)} is not a port (1 to 65535)`);
  const { plan, notes } = await planInput(given, await targetFacts(target));
  const { lines, failed } = await inTarget(target, (namespace) =>
    probePlan(plan, Number(port), limit, (request) => probeIn(namespace, request)),
  );
  const missing = failed ? await (await import('../../host/kernel/missing-rules.ts')).missingRules(plan, target) : [];
  return {
    form: 'text',
    output: lines.map((line) => `${line}\n`).join(''),
    problems: plan.problems,
    notes: [...notes, ...missing],
    exitCode: failed ? PROBE_FAILED : 0,
  };
}

/** Throws a ProblemError where the namespace is not there, or may not be entered. */
async function inTarget<R>(target: Target, use: (namespace: Namespace) => Promise<R>): Promise<R> {
  let namespace: Namespace | undefined;
  try {
    namespace = openNamespace(target, programs());
    return await use(namespace);
  } catch (error) {
    throw unusable(`--${target.kind}`, error);
  } finally {
    namespace?.close();
  }
}
