/** Annotations of a GitHub workflow: one line a place. */

import type { Origin } from '../../istio/origin.ts';
import { printSource } from '../../istio/origin.ts';
import type { Severity } from '../../istio/problems.ts';
import type { PrintedReport } from './report.ts';

const COMMANDS: Readonly<Record<Severity, string>> = { error: 'error', warning: 'warning', note: 'notice' };

/** Workflow commands (docs.github.com, "Workflow commands for GitHub Actions"). */
export function githubForm({ results, unlisted }: PrintedReport): string {
  const lines = results.flatMap(({ code, severity, text, fix, places, workloads }) => {
    const body = `${text}${fix === undefined ? '' : `; fix: ${fix}`}${workloads.count > places.length ? ` (in ${workloads.count} workloads)` : ''}`;
    return places.map((place) => command(severity, code, place, body));
  });
  const rest = unlisted.map(
    ({ code, severity, count }) => `::${COMMANDS[severity]} title=${property(code)}::${message(`${count} more of ${code}`)}`,
  );
  return [...lines, ...rest].map((line) => `${line}\n`).join('');
}

function command(severity: Severity, code: string, source: Origin, line: string): string {
  const where =
    source.kind !== 'file'
      ? []
      : [`file=${property(source.file)}`, ...(source.line === 0 ? [] : [`line=${source.line}`, `col=${source.column}`])];
  const text = source.kind === 'file' ? line : `${printSource(source)}: ${line}`;
  return `::${COMMANDS[severity]} ${[...where, `title=${property(code)}`].join(',')}::${message(text)}`;
}

function message(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
