/** What becomes of a workload: its rules, none, or why there is no telling. */

import type { CapturePlan } from '../../plan/plan.ts';
import type { Problem } from '../../problems.ts';
import { problemText } from '../../problems.ts';
import type { Release } from '../../releases/known.ts';
import type { NotInjected } from '../injection/injected.ts';

export type Outcome =
  /** The plan is that of the first workload with these rules: its settings name the places of that one. */
  | { readonly kind: 'rules'; readonly plan: CapturePlan }
  | { readonly kind: 'none'; readonly reason: NotInjected }
  /** Refused by the injector or its program, of an unknown release, or a fact is missing. */
  | { readonly kind: 'trouble'; readonly problems: readonly Problem[] };

/** An outcome at a release; equal outcomes of one planner, or of several that share a numbering, have equal numbers. */
export interface Planned {
  readonly number: number;
  readonly outcome: Outcome;
  /** Undefined where it can't be told. */
  readonly release?: Release;
}

/** What counts as one trouble, however many workloads are in it. */
const ONE_GROUP: ReadonlySet<Problem['code']> = new Set(['image-without-release', 'unknown-release', 'not-injected']);

/** Two troubles with this text in common are the same. */
export function problemSummary(problems: readonly Problem[]): string {
  return problems.map((one) => (ONE_GROUP.has(one.code) ? one.code : problemText(one))).join('; ');
}
