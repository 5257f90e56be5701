/** A report as data with a stable shape: `-o json`, described in docs/lint.md. */

import { istioctlCode } from '../../istio/advice/lint/kinds.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import type { Origin } from '../../istio/origin.ts';
import { printSource } from '../../istio/origin.ts';
import { pageOf } from './page.ts';
import type { PrintedReport } from './report.ts';

/** The document of a report. Within one apiVersion keys are added, never renamed or removed. */
export function lintDocument({ results, unlisted, workloads, distinct, unknownReleases, skipped, folders }: PrintedReport): object {
  return {
    apiVersion: API_VERSION,
    kind: 'LintReport',
    workloads,
    distinct,
    unknownReleases,
    skipped: Object.fromEntries(skipped),
    ...(folders === undefined ? {} : { folders }),
    results: results.map(({ code, severity, text, fix, edit, edits, places, names, workloads: tally }) => {
      const istioctl = istioctlCode(code);
      return {
        code,
        ...(istioctl === undefined ? {} : { istioctl }),
        severity,
        text,
        ...(fix === undefined ? {} : { fix }),
        ...(edit === undefined ? {} : { edit }),
        page: pageOf(code),
        places: places.map((place, index) => ({ ...placeDocument(place), ...(edits[index] !== undefined && { edit: edits[index] }) })),
        workloads: tally.count,
        owners: tally.owners,
        names,
        examples: tally.examples.flatMap(({ name, count }) => (name === '' ? [] : [{ name, count }])),
        releases: Object.fromEntries(tally.releases),
      };
    }),
    untold: unlisted,
  };
}

function placeDocument(source: Origin): object {
  if (source.kind !== 'file') return { source: printSource(source) };
  const { file, line, column, key } = source;
  return { file, ...(line === 0 ? {} : { line, column }), ...(key === undefined ? {} : { key }) };
}
