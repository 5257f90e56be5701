/** The log of a node's audit, read a piece at a time: rounds that came to their end, each once. */

import type { AuditedPod } from './line.ts';
import { lineIn } from './summarize.ts';

export interface NodeLog {
  /** The rounds that ended in a piece, whose lines begin with their times. Of the first piece the last round alone: the rest is past. */
  readonly piece: (text: string) => readonly (readonly AuditedPod[])[];
  /** The time of the last line, from which to ask on. */
  readonly since: () => string | undefined;
}

/** Nobody runs so many pods on a node: more lines are none of ours. */
const MOST_PODS = 4096;

export function nodeLog(): NodeLog {
  let last: { readonly text: string; readonly order: string } | undefined;
  let begun = new Map<string, AuditedPod>();
  const piece = (text: string): readonly (readonly AuditedPod[])[] => {
    const isFirst = last === undefined;
    const rounds: AuditedPod[][] = [];
    for (const line of text.split('\n')) {
      const at = timeOf(line);
      // A time is asked from by its second: what came in the same one comes again.
      if (at === undefined || (last !== undefined && at.order <= last.order)) continue;
      last = at;
      const read = lineIn(line);
      if (read?.kind === 'pod' && begun.size < MOST_PODS)
        begun.set(`${read.pod.namespace} ${read.pod.pod} ${read.pod.uid} ${read.pod.pid}`, read.pod);
      if (read?.kind !== 'summary') continue;
      // One whose beginning is not here would pass for one in which pods have gone.
      if (begun.size === read.pods) rounds.push([...begun.values()]);
      begun = new Map();
    }
    return isFirst ? rounds.slice(-1) : rounds;
  };
  return { piece, since: () => last?.text };
}

/** `2026-01-12T08:14:03.5Z`, of which the zeros at the end are left out. */
function timeOf(line: string): { readonly text: string; readonly order: string } | undefined {
  const [, text, whole = '', fraction = ''] = /^((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)) /.exec(line) ?? [];
  return text === undefined ? undefined : { text, order: `${whole}.${fraction.padEnd(9, '0')}` };
}
