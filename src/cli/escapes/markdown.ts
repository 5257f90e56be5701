/** Escapes for a pull request. */

import { printSource } from '../../istio/origin.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { examplesText } from '../../sources/workloads/group-names.ts';
import { cellCode } from '../terminal/markdown.ts';
import type { EscapesReport } from './report.ts';
import { headline } from './text.ts';

export function markdownForm(report: EscapesReport): string {
  const rows = report.workloads.flatMap((one) =>
    one.escapes.map(({ direction, family, words, why, allowedBy, known }) => {
      const state = allowedBy !== undefined ? `allowed by ${allowedBy.owner} until ${allowedBy.until}` : known ? 'in the baseline' : 'open';
      const cells = [examplesText(one, 3), direction, FAMILY_NAMES[family], words, why, state];
      return `| ${cells.map(cellCode).join(' | ')} |`;
    }),
  );
  const untold = report.workloads.flatMap((one) =>
    one.untold === undefined ? [] : [`- unknown: ${cellCode(examplesText(one, 3))}: ${cellCode(one.untold)}`],
  );
  const table =
    rows.length === 0 ? [] : ['| workloads | direction | family | packets | why | state |', '|---|---|---|---|---|---|', ...rows];
  const lists = [
    ...untold,
    ...report.expired.map((one) => `- expired: ${cellCode(printSource(one.source))}, held until ${one.until}`),
    ...report.unused.map((one) => `- unused: ${cellCode(printSource(one.source))}`),
  ];
  return `${[`**${headline(report)}**`, ...(table.length === 0 ? [] : ['', ...table]), ...(lists.length === 0 ? [] : ['', ...lists])].join('\n')}\n`;
}
