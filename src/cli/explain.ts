/** `explain`: each setting with who gave it and what it does, each rule with its reason. */

import { explain as explained } from '../istio/explain.ts';
import type { Paint } from './colour.ts';
import { EXPLAIN_FORM_NAMES, EXPLAIN_FORMS } from './explain/forms.ts';
import type { PlanGiven } from './plan-input.ts';
import { readInput } from './plan-input.ts';
import { parseSource } from './source-name.ts';
import type { Result } from './talk.ts';
import { badOption, oneOf } from './talk.ts';

export interface ExplainRequest {
  readonly source?: string;
  readonly given: PlanGiven;
  readonly output: string;
  readonly paint: Paint;
  /** Columns that a line of a table may have. */
  readonly width: number;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function explain({ source, given, output, paint, width }: ExplainRequest): Promise<Result> {
  const form = oneOf('--output', output, EXPLAIN_FORM_NAMES);
  const name = parseSource(source);
  if (name.kind !== 'settings' && name.kind !== 'file') throw notSettings(source ?? '');
  const input = await readInput(name, given);
  if (input.kind === 'text') throw notSettings(input.text.file);
  const { plan, basis, facts, notes } = input;
  return { output: EXPLAIN_FORMS[form].print(explained(plan, basis, facts), paint, width), problems: plan.problems, notes, exitCode: 0 };
}

function notSettings(source: string): Error {
  return badOption(source, 'holds rules, which do not know their settings; istio-init identify tells what made them');
}
