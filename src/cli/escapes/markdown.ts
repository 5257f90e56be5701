/** Escapes for a pull request. */

import { onOneLine, printSource } from '../../istio/origin.ts';
import { code } from '../diff/markdown.ts';
import { FAMILY_NAMES } from '../terminal/families.ts';
import { examplesText } from '../workloads/words.ts';
import type { EscapesReport } from './report.ts';
import { headline } from './text.ts';

export function markdownForm(report: EscapesReport): string {
  const rows = report.workloads.flatMap((one) =>
    one.escapes.map(({ direction, family, words, why, allowedBy, known }) => {
      const state = allowedBy !== undefined ? `allowed by ${allowedBy.owner} until ${allowedBy.until}` : known ? 'in the baseline' : 'open';
      const cells = [examplesText({ ...one, releases: new Map(), details: [] }, 3), direction, FAMILY_NAMES[family], words, why, state];
      return `| ${cells.map(cell).join(' | ')} |`;
    }),
  );
  const untold = report.workloads.flatMap((one) =>
    one.untold === undefined
      ? []
      : [`- unknown: ${cell(examplesText({ ...one, releases: new Map(), details: [] }, 3))}: ${cell(one.untold)}`],
  );
  const table =
    rows.length === 0 ? [] : ['| workloads | direction | family | packets | why | state |', '|---|---|---|---|---|---|', ...rows];
  const lists = [
    ...untold,
    ...report.expired.map((one) => `- expired: ${cell(printSource(one.source))}, held until ${one.until}`),
    ...report.unused.map((one) => `- unused: ${cell(printSource(one.source))}`),
  ];
  return `${[`**${headline(report)}**`, ...(table.length === 0 ? [] : ['', ...table]), ...(lists.length === 0 ? [] : ['', ...lists])].join('\n')}\n`;
}

/** Nothing in a cell is markup. */
function cell(text: string): string {
  return code(onOneLine(text)).replaceAll('|', '\\|');
}
