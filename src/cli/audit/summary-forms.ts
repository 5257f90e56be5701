/** The forms of merged lines: a table for people, and data. */

import { API_VERSION } from '../../istio/api-version.ts';
import { onOneLine } from '../../istio/origin.ts';
import type { Counts, PodVerdict } from './line.ts';
import { POD_VERDICTS } from './line.ts';
import type { AuditedWorkload, Merged } from './summarize.ts';

export const SUMMARY_FORMS = { text: summaryText, json: summaryJson } as const satisfies Record<string, (merged: Merged) => string>;

function summaryJson({ lines: _, otherLines: __, ...merged }: Merged): string {
  return `${JSON.stringify({ apiVersion: API_VERSION, kind: 'AuditReport', ...merged }, null, 2)}\n`;
}

/** A line for each workload that is not as it should be, with why below it; the others are counted. */
function summaryText({ nodes, pods, verdicts, workloads, lacking, unended, cutLines }: Merged): string {
  const failing = workloads.filter(({ verdicts: own }) => (Object.keys(own) as PodVerdict[]).some((verdict) => !POD_VERDICTS[verdict]));
  const names = failing.map(({ namespace, workload }) => onOneLine(namespace === '' ? workload : `${namespace}/${workload}`));
  const width = Math.max(0, ...names.map(({ length }) => length));
  const lines = failing.flatMap((workload, index) => [
    `${names[index]?.padEnd(width)}  ${countsText(workload.verdicts)}`,
    ...below(workload),
  ]);
  const rest = workloads.length - failing.length;
  const isWhole = lacking + unended.length + cutLines === 0;
  const where = nodes === 0 ? '' : ` on ${count(nodes, 'node')}`;
  return [
    `${count(pods, 'pod')} of ${count(workloads.length, 'workload')}${where}${pods === 0 ? '' : `: ${countsText(verdicts)}`}`,
    ...(lines.length === 0 ? [] : ['', ...lines, '']),
    ...(lacking === 0 ? [] : [`missing: the lines of ${count(lacking, 'pod')}; the beginning of the log is cut off`]),
    ...(unended.length === 0 ? [] : [`unknown: ${unendedText(unended)}: what other pods are there is not known`]),
    ...(cutLines === 0
      ? []
      : [
          `unknown: ${count(cutLines, 'line')} of an audit ${cutLines === 1 ? 'is' : 'are'} cut off, and what ${cutLines === 1 ? 'it' : 'they'} said`,
        ]),
    ...(workloads.length === 0 && !isWhole ? [] : [restText(rest, workloads.length, isWhole)]),
    '',
  ].join('\n');
}

/** Those of which nothing is to be said. */
function restText(rest: number, all: number, isWhole: boolean): string {
  if (rest === all) return `all ${isWhole ? '' : 'that are named '}are as they should be, or have no sidecar`;
  return `${count(rest, 'other workload')} ${rest === 1 ? 'is as it should be, or has' : 'are as they should be, or have'} no sidecar`;
}

const MOST_NODES = 3;

function unendedText(nodes: readonly string[]): string {
  const [named, rounds] = [nodes.filter((name) => name !== ''), nodes.length === 1 ? 'no round of' : 'no rounds of'];
  const names =
    named.length < nodes.length ? 'the nodes' : named.length > MOST_NODES ? count(named.length, 'node') : named.map(onOneLine).join(', ');
  return `the log shows the end of ${rounds} ${names}`;
}

function below({ reasons, examples }: AuditedWorkload): readonly string[] {
  return [...reasons.map(({ reason, pods }) => onOneLine(`  ${reason} (${count(pods, 'pod')})`)), onOneLine(`  ${examples.join(', ')}`)];
}

function countsText(verdicts: Counts): string {
  return (Object.keys(POD_VERDICTS) as PodVerdict[])
    .flatMap((verdict) => (verdicts[verdict] === undefined ? [] : [`${verdicts[verdict]} ${verdict}`]))
    .join(', ');
}

function count(number: number, of: string): string {
  return `${number} ${of}${number === 1 ? '' : 's'}`;
}
