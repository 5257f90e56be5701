/** `diff`: two sources of rules side by side. */

import { FAMILIES } from '../netfilter/rule.ts';
import type { Paint } from './colour.ts';
import { compareSides, isSame } from './diff/comparison.ts';
import type { DiffFormName } from './diff/forms.ts';
import { DIFF_FORM_NAMES, DIFF_FORMS } from './diff/forms.ts';
import { readSides } from './diff/sides.ts';
import type { SettingsGiven } from './options.ts';
import type { Result } from './talk.ts';
import { oneOf } from './talk.ts';

export interface DiffRequest {
  readonly left: string;
  /** Without it the settings that are given, or what made the left side, are compared with it. */
  readonly right?: string;
  readonly given: SettingsGiven;
  readonly output: string;
  readonly family?: string;
  /** Whether rules that other programs are known to make are compared as well. */
  readonly all: boolean;
  readonly paint: Paint;
}

/** Exit codes, as diff(1) has them. */
const SAME = 0;
const DIFFERENT = 1;

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function diff({ left, right, given, output, family: named, all, paint }: DiffRequest): Promise<Result> {
  const form: DiffFormName = oneOf('--output', output, DIFF_FORM_NAMES);
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const [one, other] = await readSides(left, right, given, family);
  const comparison = compareSides(one, other, { ...(family === undefined ? {} : { family }), all });
  return {
    output: DIFF_FORMS[form](comparison, paint),
    problems: [...one.problems, ...other.problems],
    notes: [...one.notes, ...other.notes],
    exitCode: isSame(comparison) ? SAME : DIFFERENT,
  };
}
