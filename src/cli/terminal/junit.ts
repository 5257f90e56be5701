/** Results as JUnit's XML. */

import { onOneLine } from '../../istio/origin.ts';

export interface JunitCase {
  readonly classname: string;
  readonly name: string;
  /** Why it failed; none where it did not. */
  readonly failures: readonly string[];
}

/** A suite of cases; one with failures is a failed one. */
export function junitText(suite: string, cases: readonly JunitCase[]): string {
  const failed = cases.filter(({ failures }) => failures.length > 0).length;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuite name="${escaped(suite)}" tests="${cases.length}" failures="${failed}">`,
    ...cases.flatMap(({ classname, name, failures }) => {
      const head = `  <testcase classname="${escaped(classname)}" name="${escaped(name)}"`;
      if (failures.length === 0) return [`${head}/>`];
      return [
        `${head}>`,
        `    <failure message="${escaped(failures[0] ?? '')}">${escaped(failures.join('; '))}</failure>`,
        '  </testcase>',
      ];
    }),
    '</testsuite>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return onOneLine(text).replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
