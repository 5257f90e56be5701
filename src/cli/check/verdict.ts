/** The one line that answers what was asked. */

import { isSame } from '../diff/comparison.ts';
import { driftCounts } from './drift-words.ts';
import type { Report } from './report.ts';
import { verdictOf } from './report.ts';

/** `this network namespace: NOT AS IT SHOULD BE: 1 rule missing, 1 error` */
export function headline(report: Report): string {
  const { name, unreadable } = report;
  const verdict = verdictOf(report);
  switch (verdict) {
    case 'as it should be':
      return `${name}: as it should be`;
    case 'no rules of Istio':
      return `${name}: no rules of Istio's sidecar`;
    case 'failed':
      return `${name}: THE RUN FAILED: ${report.ruleSource?.run?.failures[0]?.text ?? 'it does not say why'}`;
    case 'not seen':
      return `${name}: RULES NOT SEEN${unreadable === undefined ? '' : `: ${unreadable}`}`;
    case 'not as it should be':
      return `${name}: NOT AS IT SHOULD BE: ${reasons(report).join(', ')}`;
    default:
      return verdict satisfies never;
  }
}

function reasons({ drift, findings }: Report): readonly string[] {
  const count = (severity: string): readonly string[] => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? '' : 's'}`];
  };
  return [
    ...(drift === undefined || isSame(drift.comparison) ? [] : [driftCounts(drift.comparison)]),
    ...count('error'),
    ...count('warning'),
  ];
}
