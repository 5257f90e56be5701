/** Escapes as JUnit's XML: a case for each group of workloads. */

import { examplesText } from '../../sources/workloads/group-names.ts';
import { junitText } from '../terminal/junit.ts';
import type { EscapesReport } from './report.ts';
import { openEscapes } from './report.ts';

export function junitForm({ workloads, expired, charts }: EscapesReport): string {
  const cases = [
    ...workloads.map((one) => ({
      name: examplesText(one, 3),
      failures: [
        ...(one.unknown === undefined ? [] : [`unknown: ${one.unknown}`]),
        ...openEscapes(one).map(
          ({ direction, words, verdict, why }) => `${verdict === 'unknown' ? 'unknown, ' : ''}${direction}: ${words}: ${why}`,
        ),
      ],
    })),
    ...charts.map(({ folder }) => ({ name: folder, failures: ['unknown: the Helm chart is not rendered'] })),
    ...expired.map(({ owner, until, reason }) => ({ name: `allowance of ${owner}`, failures: [`expired on ${until}: ${reason}`] })),
  ];
  return junitText(
    'istio-init escapes',
    cases.map((one) => ({ classname: 'escapes', ...one })),
  );
}
