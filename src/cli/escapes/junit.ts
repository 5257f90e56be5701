/** Escapes as JUnit's XML: a case for each group of workloads. */

import { onOneLine } from '../../istio/origin.ts';
import { examplesText } from '../../sources/workloads/group-names.ts';
import type { EscapesReport } from './report.ts';
import { openEscapes } from './report.ts';

export function junitForm({ workloads, expired }: EscapesReport): string {
  const cases = [
    ...workloads.map((one) => ({
      name: examplesText(one, 3),
      failures: [
        ...(one.untold === undefined ? [] : [`unknown: ${one.untold}`]),
        ...openEscapes(one).map(({ direction, words, why }) => `${direction}: ${words}: ${why}`),
      ],
    })),
    ...expired.map(({ owner, until, reason }) => ({ name: `allowance of ${owner}`, failures: [`expired on ${until}: ${reason}`] })),
  ];
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="istio-init escapes" tests="${cases.length}" failures="${failed}">`,
    ...cases.flatMap(({ name, failures }) =>
      failures.length === 0
        ? [`  <testcase classname="escapes" name="${escaped(name)}"/>`]
        : [
            `  <testcase classname="escapes" name="${escaped(name)}">`,
            `    <failure message="${escaped(failures[0] ?? '')}">${escaped(failures.join('; '))}</failure>`,
            '  </testcase>',
          ],
    ),
    '</testsuite>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return onOneLine(text).replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
