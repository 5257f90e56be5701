/** Escapes for people: the count first, then each group of workloads. */

import { onOneLine, printSource } from '../../istio/origin.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { workloadsText } from '../../sources/workloads/counts.ts';
import { examplesText } from '../../sources/workloads/group-names.ts';
import type { Paint } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { EscapesReport, ReportedEscape, WorkloadEscapes } from './report.ts';
import { isSure, openEscapes } from './report.ts';

const LABEL = 10;

export function textForm(report: EscapesReport, paint: Paint): string {
  const { workloads, expired, unused } = report;
  const parts = [
    [paint(isWell(report) ? 'added' : 'removed', headline(report))],
    ...workloads.filter((one) => one.escapes.length > 0 || !isSure(one)).map((one) => workloadLines(one, paint)),
    [
      ...expired.map(
        (one) =>
          `${paint('removed', 'expired'.padEnd(LABEL))}${printSource(one.source)}: held until ${one.until}; ask ${onOneLine(one.owner)}`,
      ),
      ...unused.map((one) => `${paint('moved', 'unused'.padEnd(LABEL))}${printSource(one.source)}: no escape needs it`),
    ],
  ];
  return paragraphs(parts);
}

function isWell({ workloads, expired, charts }: EscapesReport): boolean {
  return expired.length === 0 && charts.length === 0 && workloads.every((one) => isSure(one) && openEscapes(one).length === 0);
}

/** `2 of 8 workloads let TCP bypass the proxy`. */
export function headline({ workloads, charts }: EscapesReport): string {
  const sum = (some: readonly WorkloadEscapes[]): number => some.reduce((total, { count }) => total + count, 0);
  const all = sum(workloads);
  const open = sum(workloads.filter((one) => openEscapes(one).some(isDirect)));
  const doubtful = workloads.filter((one) => one.isUnread === true && one.unknown === undefined && !openEscapes(one).some(isDirect));
  const unsure = workloads.filter((one) => one.isUnread !== true && openEscapes(one).some((found) => !isDirect(found)));
  const allowed = workloads.some(({ escapes }) => escapes.some(({ allowedBy }) => allowedBy !== undefined));
  const unknown = sum(workloads.filter((one) => one.unknown !== undefined));
  const partly = workloads.some((one) => one.conditions !== undefined && one.isUnread !== true);
  const of = open === 0 ? ` of ${workloadsText(all)}` : '';
  const unread = [
    ...(doubtful.length === 0 ? [] : [`${doubtfulText(doubtful, open === 0 ? workloadsText(all) : '')}`]),
    ...(unsure.length === 0 ? [] : [`${unsureText(unsure)} of ${sum(unsure)}${of}${open === 0 ? '' : ' not known'}`]),
    ...(unknown === 0 ? [] : [`${unknown}${of} without an answer`]),
    ...(charts.length === 0 ? [] : [`${charts.length === 1 ? '1 Helm chart' : `${charts.length} Helm charts`} not read`]),
  ];
  const partial = partly ? ['as far as the tables are shown'] : [];
  const rest = [...unread, ...partial].map((text) => `; ${text}`).join('');
  // Of these TCP is known to pass, whatever of UDP is not.
  const passing = all - unknown - sum(doubtful) - sum(unsure.filter(isUnsureOfTcp));
  const passes = `TCP of ${workloadsText(passing)} passes the proxy${allowed ? ' but what is allowed' : ''}`;
  // What was not seen comes first: whoever reads three words must not take them for an all-clear.
  if (open === 0 && unread.length > 0) return `unknown: ${[unread.join(', '), ...(passing > 0 ? [passes] : []), ...partial].join('; ')}`;
  if (open === 0) return `nothing escapes${allowed ? ' but what is allowed' : ''}: TCP of ${workloadsText(all)} passes the proxy${rest}`;
  return `TCP bypasses the proxy in ${open} of ${workloadsText(all)}${rest}`;
}

function isDirect({ verdict }: ReportedEscape): boolean {
  return verdict === 'direct';
}

function isUnsureOfTcp(one: WorkloadEscapes): boolean {
  return openEscapes(one).some((found) => !isDirect(found) && found.example.protocol !== 'udp');
}

/** `TCP may bypass the proxy in 1 of 2 workloads, whose rules could not all be read`; without all of them, it goes on behind others. */
function doubtfulText(workloads: readonly WorkloadEscapes[], all: string): string {
  const count = workloads.reduce((total, one) => total + one.count, 0);
  const of = all === '' ? `${count} more` : `${count} of ${all}`;
  return `TCP may bypass the proxy in ${of}, whose rules could not all be read`;
}

/** What nobody can tell of some workloads, as the beginning of `... of 2 workloads`. */
function unsureText(workloads: readonly WorkloadEscapes[]): string {
  const packets = workloads.flatMap((one) => openEscapes(one).filter((found) => !isDirect(found)));
  return packets.every(({ example }) => example.destinationPort === DNS_PORT) ? 'DNS' : 'some TCP';
}

const DNS_PORT = 53;

function workloadLines(one: WorkloadEscapes, paint: Paint): readonly string[] {
  return [
    paint('heading', examplesText(one, 3)),
    ...(one.unknown === undefined ? [] : [`  ${'unknown'.padEnd(LABEL)}${onOneLine(one.unknown)}`]),
    ...(one.conditions ?? []).map((text) => `  ${paint('moved', 'provided'.padEnd(LABEL))}${onOneLine(text)}`),
    ...one.escapes.flatMap((found) => escapeLines(found, paint)),
  ];
}

function escapeLines({ direction, family, words, verdict, why, allowedBy, known }: ReportedEscape, paint: Paint): readonly string[] {
  const state = verdict === 'unknown' ? ' (not known whether it is caught)' : known ? ' (in the baseline)' : '';
  const label = allowedBy === undefined ? direction : 'allowed';
  return [
    `  ${paint(allowedBy === undefined && !known ? 'removed' : 'aside', label.padEnd(LABEL))}${FAMILY_NAMES[family]}: ${onOneLine(words)}${state}`,
    `  ${' '.repeat(LABEL)}${paint('aside', onOneLine(why))}`,
    ...(allowedBy === undefined
      ? []
      : [`  ${' '.repeat(LABEL)}${paint('aside', onOneLine(`${allowedBy.owner}, until ${allowedBy.until}: ${allowedBy.reason}`))}`]),
  ];
}
