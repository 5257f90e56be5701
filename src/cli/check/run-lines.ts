/** The failure of a run that a log is the record of, as labels and lines. */

import type { RunFailure } from '../../istio/found/runs/run.ts';

/** What was said and where, what it was about, what it means, what to do. The cause of the first stands in the headline. */
export function runLines(
  { line, message, command, rule, table, text, fix }: RunFailure,
  index: number,
): readonly (readonly [string, string])[] {
  const about = rule === undefined ? [] : ([['rule', `${rule}${table === undefined ? '' : ` (table ${table})`}`]] as const);
  return [
    ['failed', `line ${line}: ${message}`],
    ...(command === undefined || command === rule ? [] : ([['command', command]] as const)),
    ...about,
    ...(index === 0 ? [] : ([['cause', text]] as const)),
    ['fix', fix],
  ];
}

/** What of a restore may be there all the same: iptables-restore commits one table after the other. */
export function partlyApplied({ command, table }: RunFailure): string | undefined {
  if (command === undefined || table === undefined) return undefined;
  if (/-restore\b/.test(command)) return `tables before ${table} in its input may have been committed; ${table} and what follows were not`;
  return 'the commands before this one were carried out, those behind it were not';
}
