/** What every command says of the log of a run that failed. */

import type { Run } from '../istio/found/runs/run.ts';

const RUN_FAILED = 'warning: this is the log of a run that failed';

/** Whether a note is that of a run. */
export function isRunNote(note: string): boolean {
  return note.startsWith(RUN_FAILED);
}

/** One sentence for standard error; `check` has its own words for it. */
export function runNote({ failures: [first] }: Run): string {
  return `${RUN_FAILED}${first === undefined ? '' : ` (line ${first.line}: ${first.text})`}: the kernel may not have its rules`;
}
