/** The forms of a conformance run: one table. */

import type { Paint } from '../terminal/color.ts';
import { junitText } from '../terminal/junit.ts';
import { conformDocument } from './document.ts';
import type { ConformReport } from './report.ts';
import { exitText, runName } from './report.ts';
import { textForm } from './text.ts';

interface Form {
  readonly print: (report: ConformReport, paint: Paint) => string;
}

export const CONFORM_FORMS = {
  text: { print: textForm },
  json: { print: (report) => `${JSON.stringify(conformDocument(report), null, 2)}\n` },
  junit: { print: junitForm },
} as const satisfies Record<string, Form>;

export type ConformFormName = keyof typeof CONFORM_FORMS;

/** A case for each run that the release has an outcome of. */
function junitForm({ program, nearest, runs, deviations }: ConformReport): string {
  const release = nearest.at(-1)?.release ?? '';
  const found = new Map(deviations.map((one) => [one.result, one]));
  return junitText(
    `${program.join(' ')} as istio-iptables of Istio ${release}`,
    runs
      .filter(({ outcomes }) => outcomes.some(({ releases }) => releases.includes(release)))
      .map((one) => {
        const deviation = found.get(one.result);
        return { classname: one.golden.backend, name: runName(one), failures: deviation === undefined ? [] : failuresOf(deviation) };
      }),
  );
}

function failuresOf(deviation: ConformReport['deviations'][number]): readonly string[] {
  const exit = exitText(deviation);
  const { stores, outside } = deviation.differences;
  const lines = [
    ...stores.flatMap(({ store, rules }) => rules.map((line) => ({ ...line, text: `${store} ${line.family} ${line.text}` }))),
    ...outside,
  ];
  return [...(exit === undefined ? [] : [exit]), ...lines.map(({ side, text }) => `${side === 'istio' ? 'missing' : 'too many'}: ${text}`)];
}
