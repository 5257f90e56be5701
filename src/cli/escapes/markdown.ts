/** Escapes for a pull request. */

import { printSource } from '../../istio/origin.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { examplesText } from '../../sources/workloads/group-names.ts';
import { cellCode, table } from '../terminal/markdown.ts';
import type { EscapesReport } from './report.ts';
import { headline } from './text.ts';

export function markdownForm(report: EscapesReport): string {
  const rows = report.workloads.flatMap((one) =>
    one.escapes.map(({ direction, family, words, verdict, why, allowedBy, known }) => {
      const open = verdict === 'unknown' ? 'not known whether it is caught' : 'open';
      const state = allowedBy !== undefined ? `allowed by ${allowedBy.owner} until ${allowedBy.until}` : known ? 'in the baseline' : open;
      return [examplesText(one, 3), direction, FAMILY_NAMES[family], words, why, state].map(cellCode);
    }),
  );
  const unknown = report.workloads.flatMap((one) =>
    one.unknown === undefined ? [] : [`- unknown: ${cellCode(examplesText(one, 3))}: ${cellCode(one.unknown)}`],
  );
  const lists = [
    ...unknown,
    ...report.expired.map((one) => `- expired: ${cellCode(printSource(one.source))}, held until ${one.until}`),
    ...report.unused.map((one) => `- unused: ${cellCode(printSource(one.source))}`),
  ];
  return `${[`**${headline(report)}**`, ...(rows.length === 0 ? [] : ['', ...table(['workloads', 'direction', 'family', 'packets', 'why', 'state'], rows)]), ...(lists.length === 0 ? [] : ['', ...lists])].join('\n')}\n`;
}
