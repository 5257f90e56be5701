/** What a manifest, or settings, come to before anything runs: rules, what they leave uncaught, and what is wrong with it. */

import type { Diagnostic } from '../../../istio/advice/lint.ts';
import type { CapturePlan } from '../../../istio/plan/plan.ts';
import type { WorkloadEscapes } from '../../escapes/report.ts';
import type { NextCommand } from '../../next/next-command.ts';
import type { Connection } from '../connection-report.ts';

export interface PlanReport {
  /** Whose: `Deployment shop/orders`, or what the settings are called. */
  readonly name: string;
  /** How it came about: `as it would be injected by Istio 1.30.3 (--release)`. */
  readonly how: string;
  /** Whether its pods were injected already. */
  readonly found: boolean;
  readonly plan: CapturePlan;
  /** Why there are no rules. */
  readonly without?: string;
  /** What passes the proxy by. */
  readonly escapes: WorkloadEscapes['escapes'];
  /** Why that is unknown. */
  readonly unknown?: string;
  /** Of lint, the worst first. */
  readonly diagnostics: readonly Diagnostic[];
  readonly connection?: Connection;
  readonly nextCommands: readonly NextCommand[];
  /** The commands that show all where the screen shows the first few. */
  readonly whole: { readonly escapes: string; readonly lint: string };
}

/** What somebody should do something about. */
export function failingDiagnostics({ diagnostics }: Pick<PlanReport, 'diagnostics'>): readonly Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity !== 'note');
}

/** 1 for an error or a warning of lint. What passes the proxy by may be meant: `escapes` has that as its exit code. */
export function exitCodeOf(report: PlanReport): number {
  return failingDiagnostics(report).length > 0 ? 1 : 0;
}
