/** What every command says of the log of a run that failed, or of which nobody knows how it ended. */

import type { Run } from '../istio/found/runs/run.ts';

const BEHIND = ': the kernel may not have its rules';

/** Whether a note is that of a run. */
export function isRunNote(note: string): boolean {
  return note.endsWith(BEHIND);
}

/** One sentence for standard error; `check` has its own words for it. */
export function runNote({ outcome, failures: [first], why }: Run): string {
  if (outcome === 'not known') return `warning: ${why}${BEHIND}`;
  return `warning: this is the log of a run that failed${first === undefined ? '' : ` (line ${first.line}: ${first.text})`}${BEHIND}`;
}
