/** What was looked at, in sentences for standard error. */

import type { LintReport } from '../../istio/advice/lint/collect.ts';
import { SEVERITIES } from '../../istio/advice/lint/collect.ts';
import { grouped, workloadsText } from '../../sources/workloads/counts.ts';
import { skippedNotes } from '../../sources/workloads/skipped.ts';
import type { Passed } from '../../sources/workloads/stream.ts';
import type { FixedFiles } from './fix.ts';

/** What `--fix` has written, or would write; `unsafe` is how many more there are that change what pods do. */
export function fixedNote(fixed: FixedFiles, { dryRun, unsafe }: { readonly dryRun: boolean; readonly unsafe: number }): string {
  const count = [...fixed.values()].reduce((sum, one) => sum + one.count, 0);
  const more =
    unsafe === 0 ? '' : `; --unsafe-fixes writes ${grouped(unsafe)} more, which ${unsafe === 1 ? 'changes' : 'change'} what pods do`;
  if (count === 0) return `note: no fix is safe to write${more}`;
  return `note: ${grouped(count)} ${count === 1 ? 'fix' : 'fixes'} ${dryRun ? 'to write' : 'written'} in ${filesText(fixed.size)}${more}`;
}

function filesText(count: number): string {
  return `${grouped(count)} ${count === 1 ? 'file' : 'files'}`;
}

/** Counts of workloads and of what was found; what was passed over. */
export function summaryOf(report: LintReport, passed: Passed, passedOver: number): readonly string[] {
  const { workloads, distinct, unknownReleases } = report;
  const different = distinct === workloads ? '' : `, ${grouped(distinct)} of them different`;
  return [
    `note: ${workloadsText(workloads)} linted${different}: ${foundText(report)}`,
    ...skippedNotes(passed),
    ...(unknownReleases === 0
      ? []
      : [
          `note: the release of ${workloadsText(unknownReleases)} is not known, so their rules were not linted; name it with --image-release`,
        ]),
    ...(passedOver === 0
      ? []
      : [`note: dead rules were not looked for in ${workloadsText(passedOver)}: the rule sets are too many, or too large`]),
  ];
}

function foundText({ results }: LintReport): string {
  const counts = SEVERITIES.flatMap((severity) => {
    const count = results.filter((result) => result.severity === severity).length;
    return count === 0 ? [] : [`${grouped(count)} ${severity}${count === 1 ? '' : 's'}`];
  });
  return counts.length === 0 ? 'nothing found' : counts.join(', ');
}
