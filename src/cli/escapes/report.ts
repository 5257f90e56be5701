/** What `escapes` found: one value, which every form prints. */

import type { UnrenderedChart } from '../../host/manifests/walk.ts';
import type { Tally } from '../../istio/kubernetes/rule-groups/tally.ts';
import type { Allowance } from '../../istio/packets/escape-allowance.ts';
import type { Escape } from '../../istio/packets/escapes.ts';

/** An escape, why it is one, and who answers for it. */
export interface ReportedEscape extends Pick<Escape, 'direction' | 'family' | 'words' | 'verdict' | 'example'> {
  /** Why the rules let it pass, with the settings and their origin. */
  readonly why: string;
  readonly allowedBy?: Allowance;
  /** Whether a baseline had it. */
  readonly known: boolean;
}

/** Workloads of equal escapes. */
export interface WorkloadEscapes extends Pick<Tally, 'count' | 'examples' | 'owners'> {
  /** Every owner in it, as `Deployment shop/cart`. */
  readonly names: readonly string[];
  readonly escapes: readonly ReportedEscape[];
  /** What has to hold for the answer, where not all could be seen. */
  readonly conditions?: readonly string[];
  /** Some of the rules could not be read: nobody knows whether these escapes are some, and whether there are others. */
  readonly isUnread?: true;
  /** Why nothing can be told of them. */
  readonly unknown?: string;
}

export interface EscapesReport {
  readonly workloads: readonly WorkloadEscapes[];
  readonly expired: readonly Allowance[];
  /** Allowances that no escape needed. */
  readonly unused: readonly Allowance[];
  /** Helm charts that are not rendered: nobody knows what escapes from what they make. */
  readonly charts: readonly UnrenderedChart[];
}

/** The escapes that nobody answers for, and that a baseline did not have. */
export function openEscapes({ escapes }: WorkloadEscapes): readonly ReportedEscape[] {
  return escapes.filter(({ allowedBy, known }) => allowedBy === undefined && !known);
}

/** Whether all that the answer rests on could be seen. */
export function isSure({ unknown, conditions }: WorkloadEscapes): boolean {
  return unknown === undefined && conditions === undefined;
}

/** 1 for an escape that is not allowed, an expired allowance, or workloads of which not all is known. */
export function exitCodeOf({ workloads, expired, charts }: EscapesReport): number {
  return expired.length > 0 || charts.length > 0 || workloads.some((one) => !isSure(one) || openEscapes(one).length > 0) ? 1 : 0;
}
