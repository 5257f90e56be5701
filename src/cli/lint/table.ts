/** A report for people. */

import type { Result } from '../../istio/advice/lint/collect.ts';
import { istioctlCode } from '../../istio/advice/lint/kinds.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import type { Severity } from '../../istio/problems.ts';
import { workloadsText } from '../../sources/workloads/counts.ts';
import { examplesText } from '../../sources/workloads/group-names.ts';
import type { Paint, Style } from '../terminal/color.ts';
import type { PrintedReport } from './report.ts';

const STYLES: Readonly<Record<Severity, Style>> = { error: 'removed', warning: 'moved', note: 'aside' };
const LABEL = 9;

/** What was found, what to do about it, and whom it concerns. */
export function tableForm({ results, unlisted }: PrintedReport, paint: Paint): string {
  const blocks = results.map((result) => {
    const { severity, text, fix, places } = result;
    const [place] = places;
    const where = place === undefined ? '' : `${printSource(place)} `;
    return [
      `${paint(STYLES[severity], severity.padEnd(LABEL))}${paint('heading', where)}${text}`,
      ...(fix === undefined ? [] : [`fix: ${fix}`]),
      paint('aside', onOneLine(concerns(result))),
    ];
  });
  const rest = unlisted.map(({ code, severity, count }) => [
    `${paint(STYLES[severity], severity.padEnd(LABEL))}${count} more of ${code}, with other words`,
  ]);
  return [...blocks, ...rest]
    .map(([first = '', ...others]) => `${first}\n${others.map((line) => `${' '.repeat(LABEL)}${line}\n`).join('')}`)
    .join('');
}

function concerns({ code, places, workloads }: Result): string {
  const istioctl = istioctlCode(code);
  const name = `${code}${istioctl === undefined ? '' : ` (${istioctl})`}`;
  const [example] = workloads.examples;
  if (example === undefined || example.name === '') return name;
  const more = places.length > 1 ? `; also at ${places.slice(1, 4).map(printSource).join(', ')}${places.length > 4 ? ', ...' : ''}` : '';
  return `${name}: ${workloads.count === 1 ? example.name : `${workloadsText(workloads.count)}: ${examplesText(workloads, 3)}`}${more}`;
}
