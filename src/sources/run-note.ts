/** What every command says of the log of a run that failed, or of which nobody knows how it ended. */

import type { Run } from '../istio/found/runs/run.ts';

/** One sentence for standard error. */
export function runNote({ outcome, failures: [first], why }: Run): string {
  if (outcome === 'not known') return `warning: ${why}: the kernel may not have its rules`;
  return `warning: this is the log of a run that failed${first === undefined ? '' : ` (line ${first.line}: ${first.text})`}: the kernel may not have its rules`;
}
