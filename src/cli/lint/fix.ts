/** `--fix`: writes the safe mends of what was found, and nothing else. */

import { readFileSync, writeFileSync } from 'node:fs';
import { reasonOf, unreadable } from '../../host/failure/unreadable.ts';
import type { PlacedEdit } from '../../host/manifests/edit-text.ts';
import { editedText } from '../../host/manifests/edit-text.ts';
import type { LintReport } from '../../istio/advice/lint/gather.ts';
import { ProblemError } from '../../istio/problems.ts';

/** Edits by the file that they are for. */
export function editsOf({ results }: Pick<LintReport, 'results'>): ReadonlyMap<string, readonly PlacedEdit[]> {
  const edits = new Map<string, PlacedEdit[]>();
  for (const { edit, places } of results)
    for (const place of places)
      if (edit !== undefined && place.kind === 'file' && place.line > 0)
        edits.set(place.file, [...(edits.get(place.file) ?? []), { ...edit, line: place.line, column: place.column }]);
  return edits;
}

/** Writes what of them fits into the files; returns how many in which. Throws a ProblemError for a file that can't be written. */
export function writeEdits(edits: ReadonlyMap<string, readonly PlacedEdit[]>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const [file, own] of edits) {
    if (file === '-') continue;
    try {
      const { text, written } = editedText(readFileSync(file, 'utf8'), own);
      // What is no UTF-8 would not come back as it was.
      if (written === 0 || text.includes('\ufffd')) continue;
      writeFileSync(file, text);
      counts.set(file, written);
    } catch (error) {
      throw new ProblemError([unreadable(file, reasonOf(error))]);
    }
  }
  return counts;
}
