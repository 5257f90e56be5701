/** `changes`: what changed between two releases of Istio. */

import { badOption } from '../../istio/bad-option.ts';
import type { ReleaseChanges } from '../../istio/releases/changes.ts';
import { changesBetween } from '../../istio/releases/changes.ts';
import { readReleaseRange } from '../../istio/releases/release-range.ts';
import type { Result } from '../result.ts';
import { formNamed } from '../terminal/form-name.ts';
import { changesDocument, changesMarkdown, changesText } from './forms.ts';

export const FORMS = {
  text: changesText,
  json: (changes: ReleaseChanges) => `${JSON.stringify(changesDocument(changes), null, 2)}\n`,
  markdown: changesMarkdown,
} as const satisfies Record<string, (changes: ReleaseChanges, width: number) => string>;

export interface ChangesRequest {
  readonly range: string;
  readonly output: string;
  /** Columns that a line of text may have. */
  readonly width: number;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export function changes({ range, output, width }: ChangesRequest): Result {
  const form = formNamed(output, FORMS);
  if (range === '') throw badOption('changes', 'name a range of releases, as 1.20..1.28, or one release');
  const { from, to, problems } = readReleaseRange(range);
  return { output: FORMS[form](changesBetween(from, to), width), form, problems, notes: [], exitCode: 0 };
}
