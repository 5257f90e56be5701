/** `apply` and `clean`: into the kernel and out of it, with our settings. */

import { targetFacts } from '../../host/facts.ts';
import { applyPlan, clean, machine } from '../../host/kernel/apply.ts';
import type { ApplyOptions } from '../../host/kernel/options.ts';
import type { ApplyResult } from '../../host/kernel/result.ts';
import type { Target } from '../../host/namespace/namespace.ts';
import { openNamespace } from '../../host/namespace/namespace.ts';
import { programs } from '../../host/run.ts';
import { writeTermination } from '../../host/termination.ts';
import { badOption, unusable } from '../../istio/bad-option.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { withProblems } from '../../istio/plan/plan.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { factsOf, planInput } from '../../sources/plan-input.ts';
import type { Result } from '../result.ts';
import { handleSignals } from '../signals.ts';
import { formNamed } from '../terminal/form-name.ts';
import { refuseNames } from '../terminal/unresolved-names.ts';
import { refuseCutOff } from './cut-off.ts';
import { applyDocument, exitCodeOf, remarksOf, stepsText, summaryOf } from './report.ts';

export interface ApplyRequest {
  /** Whether the proxy need not listen yet, as in an init container. */
  readonly beforeProxy?: boolean;
  /** Whether native rules are made just as the release's program makes them. */
  readonly exact?: boolean;
  readonly target: Target;
  readonly options: ApplyOptions;
  readonly output: string;
}

const OUTPUTS = ['text', 'json'];

/** Makes the target hold exactly the rules of the settings. Throws a ProblemError for bad input. */
export async function apply(
  { target, options, output, beforeProxy = false, exact = false }: ApplyRequest,
  given: PlanOptions,
): Promise<Result> {
  formNamed(output, OUTPUTS);
  const facts = await targetFacts(target);
  const { plan: planned, notes, whyNoPlan } = await planInput(given, facts);
  if (whyNoPlan !== undefined) throw badOption('-f', `${whyNoPlan}; there is nothing to apply (clean removes rules)`);
  const plan = exact || planned.nft === undefined ? planned : await mendedPlan(planned, { ...facts, ...(await factsOf(given)) });
  refuseNames(plan.problems, 'the kernel holds numbers');
  if (target.kind === 'here' && !beforeProxy && !options.dryRun) await refuseCutOff(plan);
  const signals = handleSignals();
  const result = await applyPlan(target, plan, options, machine(signals.signal));
  return resultOf(result, {
    output,
    what: `the rules of Istio ${plan.release}`,
    release: plan.release,
    signalled: signals.exitCode(),
    notes,
    problems: plan.problems,
  });
}

async function mendedPlan({ settings, release, switches, problems }: CapturePlan, facts: Facts): Promise<CapturePlan> {
  const { nativePlanFor } = await import('../../istio/plan/native/native-plan.ts');
  const plan = nativePlanFor(settings, release, facts, switches, 'mended');
  // What was said of the input is still so; what was said of the rules is said anew.
  const earlier = problems.filter(({ code }) => code !== 'native-captures-ip6' && !plan.problems.some((one) => one.code === code));
  return withProblems(plan, earlier);
}

/** Removes what any release of Istio left in the target. */
export async function remove({ target, options, output }: ApplyRequest): Promise<Result> {
  formNamed(output, OUTPUTS);
  checkTarget(target);
  const signals = handleSignals();
  const result = await clean(target, options, machine(signals.signal));
  return resultOf(result, {
    output,
    what: undefined,
    release: undefined,
    signalled: signals.exitCode(),
    notes: [],
    problems: [],
  });
}

/** Throws a ProblemError where the target is not there: that is bad input, and no work that failed. */
function checkTarget(target: Target): void {
  try {
    openNamespace(target, programs()).close();
  } catch (error) {
    throw unusable(`--${target.kind}`, error);
  }
}

interface ResultTexts extends Pick<Result, 'notes' | 'problems'> {
  readonly output: string;
  /** Undefined where none should be there. */
  readonly what: string | undefined;
  readonly release: string | undefined;
  readonly signalled: number | undefined;
}

function resultOf(result: ApplyResult, { output, what, release, signalled, notes, problems }: ResultTexts): Result {
  const document = applyDocument(result, release);
  if (result.outcome !== 'planned') writeTermination(document);
  const exitCode = signalled ?? exitCodeOf(result);
  if (output === 'json')
    return { output: `${JSON.stringify({ ...document, steps: result.steps, tried: result.tried }, null, 2)}\n`, exitCode, notes, problems };
  const untouched = result.outcome === 'planned' || result.outcome === 'drifted';
  const lines = [summaryOf(result, what), ...remarksOf(result)];
  const isError = result.outcome === 'failed' || result.outcome === 'refused';
  return {
    output: untouched ? stepsText(result.steps) : '',
    exitCode,
    notes: isError ? notes : [...notes, ...lines],
    ...(isError && { errors: [lines.join('\n')] }),
    problems,
  };
}
