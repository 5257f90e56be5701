/** The result of a round as OpenMetrics, and for the textfile collector of Prometheus' node-exporter. */

import { renameSync, writeFileSync } from 'node:fs';
import { badOption } from '../../istio/bad-option.ts';
import type { Counts, PodVerdict } from './line.ts';
import { POD_VERDICTS, VERDICT_IDS } from './line.ts';

export interface Measured {
  readonly verdicts: Counts;
  readonly seconds: number;
  /** When the round ended, in seconds of Unix time. */
  readonly at: number;
}

/** Every verdict has a line, also that of no pod: a series that comes and goes fires no alert. */
export function metricsText({ verdicts, seconds, at }: Measured): string {
  const pods = (Object.keys(POD_VERDICTS) as PodVerdict[]).map(
    (verdict) => `istio_init_audit_pods{verdict="${VERDICT_IDS[verdict]}",good="${POD_VERDICTS[verdict]}"} ${verdicts[verdict] ?? 0}\n`,
  );
  return [
    '# HELP istio_init_audit_pods Pods of this node by what was found of their rules.\n# TYPE istio_init_audit_pods gauge\n',
    ...pods,
    '# HELP istio_init_audit_duration_seconds How long the last round took.\n# TYPE istio_init_audit_duration_seconds gauge\n',
    `istio_init_audit_duration_seconds ${seconds}\n`,
    '# HELP istio_init_audit_timestamp_seconds When the last round ended.\n# TYPE istio_init_audit_timestamp_seconds gauge\n',
    `istio_init_audit_timestamp_seconds ${at}\n`,
    // OpenMetrics ends so, that half a text is none; to older readers it is a comment.
    '# EOF\n',
  ].join('');
}

/** Writes the file whole: the collector must never read half of one. Throws a ProblemError where it can't be written. */
export function writeMetrics(file: string, measured: Measured): void {
  // The collector reads names that end in .prom only.
  const beside = `${file}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, metricsText(measured), { mode: 0o644 });
    renameSync(beside, file);
  } catch (error) {
    throw badOption('--metrics', `${file} can not be written: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
}
