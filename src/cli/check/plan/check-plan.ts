/** `check` of a manifest, or of settings. */

import { deadRuleFinder } from '../../../istio/advice/lint/dead-rules.ts';
import type { Diagnostic } from '../../../istio/advice/lint.ts';
import { lintSidecar, lintWorkload } from '../../../istio/advice/lint.ts';
import { podNetworkOfPlan } from '../../../istio/packets/pod-network.ts';
import type { Severity } from '../../../istio/problems.ts';
import { planName } from '../../../sources/operands.ts';
import type { PlanInput } from '../../../sources/plan-input/input.ts';
import { reasonOf } from '../../diff/words.ts';
import { escapesIn } from '../../escapes/workload-escapes.ts';
import { commandOn } from '../../next/command-on.ts';
import type { CheckedSource } from '../../next/next-command.ts';
import type { Paint } from '../../terminal/color.ts';
import type { GroupAnswer } from '../../workloads/per-group.ts';
import type { Connection } from '../connection-report.ts';
import type { CheckFormName } from '../forms.ts';
import { afterPlan, lintCommand } from '../next-commands.ts';
import { PLAN_FORMS } from './forms.ts';
import type { PlanReport } from './report.ts';
import { exitCodeOf } from './report.ts';
import { answerText } from './text.ts';

/** The report on a plan, printed. */
export function checkPlan(
  input: PlanInput,
  request: CheckedSource,
  { form, paint, connection }: { readonly form: CheckFormName; readonly paint: Paint; readonly connection?: Connection },
): GroupAnswer {
  const report: PlanReport = { ...planReport(input, request), ...(connection && { connection }) };
  return {
    output: PLAN_FORMS[form](report, paint),
    form,
    // What lint says of the plan's own problems is said on the screen.
    problems: [],
    notes: [],
    exitCode: exitCodeOf(report),
    summary: answerText(report),
  };
}

function planReport(input: PlanInput, request: CheckedSource): PlanReport {
  const { plan, facts, basis, of, whyNoPlan, notes } = input;
  const name = of ?? planName(plan, request.name, request.given);
  const diagnostics = lintOf(input, request);
  const uncaught =
    whyNoPlan === undefined
      ? escapesIn(podNetworkOfPlan(plan, { facts }), [name], [], new Set(), ({ rule }) => reasonOf(rule, plan) ?? 'no reason is known')
      : { escapes: [] };
  const how = basis.kind === 'workload' ? (notes[0] ?? '') : '';
  return {
    name,
    how: how.replace(/^note: /, ''),
    found: basis.kind === 'workload' && basis.made.found,
    plan,
    ...(whyNoPlan === undefined ? {} : { without: whyNoPlan }),
    ...uncaught,
    diagnostics,
    nextCommands: afterPlan(request, {
      escapes: uncaught.escapes.length > 0,
      refused: basis.kind === 'workload' && basis.made.injection.kind === 'refused',
    }),
    whole: { escapes: commandOn('escapes', request, []), lint: lintCommand(request) },
  };
}

const RANKS: readonly Severity[] = ['error', 'warning', 'note'];

function lintOf({ basis, plan }: PlanInput, { given }: CheckedSource): readonly Diagnostic[] {
  const found = lintedOf(basis, given.chosen, plan.release);
  return found.toSorted((a, b) => RANKS.indexOf(a.severity) - RANKS.indexOf(b.severity));
}

function lintedOf(basis: PlanInput['basis'], chosen: CheckedSource['given']['chosen'], release: string): readonly Diagnostic[] {
  const findDead = deadRuleFinder().find;
  if (basis.kind === 'workload' && chosen?.subject.kind === 'workload') {
    const { images, installer, at } = chosen.request;
    const own = at.kind === 'release' ? { release: at.release } : {};
    return lintWorkload(chosen.subject.workload, { mesh: basis.mesh, images, ...(installer && { installer }), ...own, findDead })
      .diagnostics;
  }
  if (basis.kind === 'settings' && basis.file !== undefined)
    return lintSidecar(basis.file, { release: { value: release, source: { kind: 'option', option: '--release' } }, findDead }).diagnostics;
  return [];
}
