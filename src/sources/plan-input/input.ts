/** What a command works on: a plan, or rules that someone wrote down. */

import type { TextFile } from '../../host/files.ts';
import type { Basis } from '../../istio/advice/explain.ts';
import type { Run } from '../../istio/found/runs/run.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Problem } from '../../istio/problems.ts';
import type { Facts } from '../../istio/settings/facts.ts';
import type { SourceOptions } from '../options.ts';
import type { WorkloadOption } from '../workloads/option.ts';

/** A plan, and what it was made of. */
export interface PlanInput {
  readonly kind: 'plan';
  readonly plan: CapturePlan;
  /** Sentences for standard error. */
  readonly notes: readonly string[];
  readonly basis: Basis;
  /** What the plan was made with. */
  readonly facts: Facts;
  /** What is not known, though the rules name it; a stand-in for it is among the facts. */
  readonly missing?: readonly Problem[];
  /** The workload whose plan it is: `Pod default/cart`. */
  readonly of?: string;
  /** The run that was to make these rules and failed, where the workload's status tells of it. */
  readonly run?: Run;
  /** Rules that others make for that workload and nobody has shown, in words that end a sentence. */
  readonly unseen?: string;
  /** Why that workload gets no rules, as a sentence. */
  readonly whyNoPlan?: string;
}

/** What a command works on. */
export type Input =
  | PlanInput
  /** A text without settings in it: rules in some form. */
  | { readonly kind: 'text'; readonly text: TextFile; readonly notes: readonly string[]; readonly manifests: boolean };

/** Settings, and the workload that is meant where manifests hold several. */
export interface PlanOptions extends SourceOptions, WorkloadOption {
  /** Whether a plan is wanted all the same where the injection is refused or its nameservers are not known; `unknown`: for these alone, with rules that say so, to follow packets through. */
  readonly placeholder?: boolean | 'unknown';
}
