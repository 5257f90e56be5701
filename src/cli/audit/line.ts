/** The lines that an audit prints: one of JSON a pod, and one that sums them up. Their shape is stable and described in docs/audit.md. */

import type { FindingSeverity } from '../../istio/advice/findings.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import { onOneLine } from '../../istio/origin.ts';

/** What is said of a pod, and whether that is as it should be. */
export const POD_VERDICTS = {
  'as it should be': true,
  'not as it should be': false,
  /** A proxy runs, and nothing leads to it. */
  'no rules': false,
  /** Rules of a sidecar, and no sidecar. */
  'rules without a proxy': false,
  ambient: true,
  'not in the mesh': true,
  'not seen': false,
} as const;

export type PodVerdict = keyof typeof POD_VERDICTS;

/** Verdicts as names that stay, for metrics and queries. */
export const VERDICT_IDS: Readonly<Record<PodVerdict, string>> = {
  'as it should be': 'ok',
  'not as it should be': 'drifted',
  'no rules': 'no-rules',
  'rules without a proxy': 'rules-without-proxy',
  ambient: 'ambient',
  'not in the mesh': 'not-in-mesh',
  'not seen': 'not-seen',
};

/** Differences, and findings, that a line names: a pod may have any number of them. */
export const MOST_NAMED = 5;

export interface AuditedPod {
  readonly node: string;
  readonly namespace: string;
  readonly pod: string;
  readonly workload: string;
  readonly uid: string;
  /** The process that was asked, as the node numbers it. */
  readonly pid: number;
  readonly verdict: PodVerdict;
  readonly release?: string;
  readonly installer?: string;
  /** Of an ambient pod: what its node agent was told, as `preview --ambient --set` takes it. */
  readonly knobs?: string;
  /** `1 rule missing, 2 rules extra` */
  readonly drift?: string;
  /** The first {@link MOST_NAMED} of them. */
  readonly differences?: readonly string[];
  /** The worst {@link MOST_NAMED}. */
  readonly findings?: readonly { readonly code: string; readonly severity: FindingSeverity; readonly text: string; readonly fix: string }[];
  /** Why a pod was not seen, or why it needs no rules. */
  readonly reason?: string;
}

/** How many pods there are of each verdict. */
export type Counts = Readonly<Partial<Record<PodVerdict, number>>>;

/** The line of a pod. */
export function podLine(pod: AuditedPod): string {
  return lineOf({ apiVersion: API_VERSION, kind: POD_KIND, ...pod, verdictId: VERDICT_IDS[pod.verdict] });
}

// The texts are the pod's own, and this may be read on a terminal: JSON leaves some of what a terminal obeys as it is.
function lineOf(value: object): string {
  return `${onOneLine(JSON.stringify(value))}\n`;
}

export const POD_KIND = 'AuditedPod';
export const SUMMARY_KIND = 'AuditSummary';

/** The line behind all pods of a node. */
export function summaryLine(pods: readonly AuditedPod[], seconds: number, node: string): string {
  return lineOf({ apiVersion: API_VERSION, kind: SUMMARY_KIND, node, pods: pods.length, verdicts: countsOf(pods), seconds });
}

export function countsOf(pods: readonly Pick<AuditedPod, 'verdict'>[]): Counts {
  const counts: Partial<Record<PodVerdict, number>> = {};
  for (const { verdict } of pods) counts[verdict] = (counts[verdict] ?? 0) + 1;
  return counts;
}

/** 0 all is as it should be; 1 a pod is not; 2 a pod could not be seen, and of the others all is as it should be. */
export function exitCodeOf(pods: readonly Pick<AuditedPod, 'verdict'>[]): number {
  if (pods.some(({ verdict }) => verdict !== 'not seen' && !POD_VERDICTS[verdict])) return 1;
  return pods.some(({ verdict }) => verdict === 'not seen') ? 2 : 0;
}
