/** What every command says of the log of a run that failed. */

import type { Run } from '../istio/found/runs/run.ts';

/** One sentence for standard error. */
export function runNote({ failures: [first] }: Run): string {
  return `warning: this is the log of a run that failed${first === undefined ? '' : ` (line ${first.line}: ${first.text})`}: the kernel may not have its rules`;
}
