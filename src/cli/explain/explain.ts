/** `explain`: each setting with who gave it and what it does, each rule with its reason. */

import { withoutPlaceholder } from '../../istio/advice/explain/without-placeholder.ts';
import { explain as explained } from '../../istio/advice/explain.ts';
import type { PlanOptions } from '../../sources/plan-input/input.ts';
import { readInput } from '../../sources/plan-input.ts';
import { readSource, textSource } from '../../sources/read-source.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { parseSource } from '../../sources/source-name.ts';
import { withFile } from '../../sources/workloads/detect.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import type { Paint } from '../terminal/color.ts';
import { formNamed } from '../terminal/form-name.ts';
import { answerPerGroup } from '../workloads/per-group.ts';
import type { ExplainFormName } from './forms.ts';
import { EXPLAIN_FORMS } from './forms.ts';

export interface ExplainRequest {
  readonly source?: string;
  readonly given: PlanOptions;
  readonly output: string;
  readonly paint: Paint;
  /** Columns that a line of a table may have. */
  readonly width: number;
  /** Whether the defaults are shown as well. */
  readonly verbose?: boolean;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function explain(request: ExplainRequest): Promise<Result> {
  const { source, given, output, paint } = request;
  const form = formNamed(output, EXPLAIN_FORMS);
  const many = await answerPerGroup(source, given, { form, paint }, (one) => explainOne({ ...request, given: one }));
  return many ?? explainOne(request);
}

async function explainOne({ source, given, output, paint, width, verbose = false }: ExplainRequest): Promise<Result> {
  const form = formNamed(output, EXPLAIN_FORMS);
  const name = parseSource(given.chosen === undefined ? source : undefined);
  if (name.kind !== 'settings' && name.kind !== 'file') return explainRules(await readSource(source, given), form, paint);
  const read = await readInput(name, { ...given, placeholder: true });
  // Of a page with rules beside a manifest, the manifest has settings.
  const beside = read.kind === 'text' && read.manifests && name.kind === 'file';
  const input = beside ? await readInput({ kind: 'settings' }, { ...withFile(given, name.file), placeholder: true }) : read;
  if (input.kind === 'text') return explainRules(await textSource(input.text, undefined), form, paint);
  const { plan, basis, facts, notes, missing } = input;
  const whole = explained(plan, basis, facts);
  // Settings, and most of the rules, are the same whichever nameservers the pod has.
  const printed = missing === undefined ? whole : withoutPlaceholder(whole, missing);
  const allNotes = missing === undefined ? notes : [...notes, 'note: the rules that name nameservers are left out'];
  const refused = basis.kind === 'workload' && basis.made.injection.kind === 'refused';
  const exitCode = missing === undefined && !refused ? 0 : BAD_INPUT;
  return {
    output: EXPLAIN_FORMS[form].print(printed, paint, width, verbose),
    form,
    problems: printed.plan.problems,
    notes: allNotes,
    exitCode,
  };
}

async function explainRules(found: RuleSource, form: ExplainFormName, paint: Paint): Promise<Result> {
  const { explainFound } = await import('./found-rules.ts');
  return explainFound(found, form, paint);
}
