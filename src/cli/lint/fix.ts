/** `--fix`: the mends of what was found, worked out on the texts of the files, then written or shown as a diff. */

import { readFileSync, writeFileSync } from 'node:fs';
import { reasonOf, unreadable } from '../../host/failure/unreadable.ts';
import type { PlacedEdit } from '../../host/manifests/edit-text.ts';
import { editedText } from '../../host/manifests/edit-text.ts';
import type { LintReport } from '../../istio/advice/lint/collect.ts';
import { ProblemError } from '../../istio/problems.ts';
import { hunksOf } from '../diff/hunks.ts';

/** A file with fixes in it. */
export interface FixedFile {
  readonly text: string;
  readonly count: number;
}

export type FixedFiles = ReadonlyMap<string, FixedFile>;

/** How many places could be mended by what is not safe. */
export function unsafeIn({ results }: Pick<LintReport, 'results'>): number {
  return results.reduce((sum, { edits }) => sum + edits.filter((edit) => edit?.isUnsafe === true).length, 0);
}

/** The files with what of the edits fits into them, on top of those before; undefined where nothing does. Throws a ProblemError for a file that can't be read. */
export function fixedFiles(before: FixedFiles, report: Pick<LintReport, 'results'>, withUnsafe: boolean): FixedFiles | undefined {
  const fixed = new Map(before);
  let isChanged = false;
  for (const [file, edits] of editsOf(report, withUnsafe)) {
    if (file === '-') continue;
    const { text: old, count } = before.get(file) ?? { text: readText(file), count: 0 };
    const { text, written } = editedText(old, edits);
    // What is no UTF-8 would not come back as it was.
    if (written === 0 || /[\ufffd\0]/.test(text)) continue;
    fixed.set(file, { text, count: count + written });
    isChanged = true;
  }
  return isChanged ? fixed : undefined;
}

/** Edits by the file that they are for. */
function editsOf({ results }: Pick<LintReport, 'results'>, withUnsafe: boolean): ReadonlyMap<string, readonly PlacedEdit[]> {
  const edits = new Map<string, PlacedEdit[]>();
  for (const { edits: mends, places } of results)
    for (const [index, place] of places.entries()) {
      const edit = mends[index];
      if (edit !== undefined && (withUnsafe || edit.isUnsafe !== true) && place.kind === 'file' && place.line > 0)
        edits.set(place.file, [...(edits.get(place.file) ?? []), { ...edit, line: place.line, column: place.column }]);
    }
  return edits;
}

/** Writes them. Throws a ProblemError for a file that can't be written. */
export function writeFixed(files: FixedFiles): void {
  for (const [file, { text }] of files)
    try {
      writeFileSync(file, text);
    } catch (error) {
      throw new ProblemError([unreadable(file, reasonOf(error))]);
    }
}

// What diff -u shows of the lines around.
const CONTEXT = 3;

/** What would be written, for patch(1). A fix stands within its line, so that no line comes or goes. */
export function diffOf(files: FixedFiles): string {
  return [...files].map(([file, { text }]) => fileDiff(file, readText(file).split('\n'), text.split('\n'))).join('');
}

// As diff marks a last line that does not end.
const UNENDED = '\\ No newline at end of file';

function fileDiff(file: string, before: readonly string[], after: readonly string[]): string {
  const changed = [...before.keys()].filter((index) => before[index] !== after[index]);
  const length = before.at(-1) === '' ? before.length - 1 : before.length;
  const hunks = hunksOf(changed, length, CONTEXT).map(({ start, end }) => {
    const range = `${start + 1},${end - start}`;
    const lines = [...before.keys()].slice(start, end).flatMap((index) => {
      const [line, other] = [before[index] ?? '', after[index] ?? ''];
      const isUnended = index === before.length - 1 && line !== '';
      return (line === other ? [` ${line}`] : [`-${line}`, `+${other}`]).flatMap((one) => (isUnended ? [one, UNENDED] : [one]));
    });
    return `@@ -${range} +${range} @@\n${lines.map((line) => `${line}\n`).join('')}`;
  });
  return `--- ${file}\n+++ ${file}\n${hunks.join('')}`;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ProblemError([unreadable(file, reasonOf(error))]);
  }
}
