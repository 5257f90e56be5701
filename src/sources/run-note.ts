/** What every command says of the log of a run that failed, or of which nobody knows how it ended. */

import type { Run } from '../istio/found/runs/run.ts';

const BEHIND = ': the kernel may not have its rules';

/** Whether a note is that of a run. */
export function isRunNote(note: string): boolean {
  return note.endsWith(BEHIND);
}

/** The notes without that of a run whose cause an output shows: it is said there, where the answer is. */
export function notesOutside(notes: readonly string[], output: string): readonly string[] {
  return notes.filter((note) => !isRunNote(note) || !output.includes(causeIn(note)));
}

function causeIn(note: string): string {
  const words = note.slice('warning: '.length, -BEHIND.length);
  return /\(line \d+: (.*)\)$/s.exec(words)?.[1] ?? words;
}

/** One sentence for standard error; `check` has its own words for it. */
export function runNote({ outcome, failures: [first], why, quoted }: Run): string {
  if (outcome === 'not known') return `warning: ${why}${BEHIND}`;
  return `warning: this ${quoted ? 'page quotes' : 'is'} the log of a run that failed${first === undefined ? '' : ` (line ${first.line}: ${first.text})`}${BEHIND}`;
}
