/** `changes`: what changed between two releases of Istio. */

import { nearest, quoted } from '../../istio/problems.ts';
import type { ReleaseChanges } from '../../istio/releases/changes.ts';
import { changesBetween } from '../../istio/releases/changes.ts';
import { readReleaseRange } from '../../istio/releases/release-range.ts';
import { badOption } from '../../sources/bad-option.ts';
import type { Result } from '../terminal/result.ts';
import { changesDocument, changesMarkdown, changesText } from './forms.ts';

const FORMS: Readonly<Record<string, (changes: ReleaseChanges, width: number) => string>> = {
  text: changesText,
  json: (changes) => `${JSON.stringify(changesDocument(changes), null, 2)}\n`,
  markdown: changesMarkdown,
};

export interface ChangesRequest {
  readonly range: string;
  readonly output: string;
  /** Columns that a line of text may have. */
  readonly width: number;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export function changes({ range, output, width }: ChangesRequest): Result {
  const names = Object.keys(FORMS);
  const form = Object.hasOwn(FORMS, output) ? FORMS[output] : undefined;
  if (form === undefined) throw badOption('--output', `${quoted(output)} is not one of ${names.join(', ')}${nearest(output, names)}`);
  const { from, to, problems } = readReleaseRange(range);
  return { output: form(changesBetween(from, to), width), problems, notes: [], exitCode: 0 };
}
