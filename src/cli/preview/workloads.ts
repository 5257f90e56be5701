import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { onlyWorkload } from '../../sources/rule-groups/only-workload.ts';
import type { PlannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import { plannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { WorkloadOption } from '../../sources/workloads/option.ts';
import type { Result } from '../result.ts';
import { formNamed } from '../terminal/form-name.ts';
import { exitCodeOf } from '../workloads/exit-code.ts';
import { showsUnknowns } from './forms-with-unknowns.ts';
import { GROUP_FORMS } from './workloads-forms.ts';

export interface WorkloadsRequest {
  readonly given: SourceOptions & WorkloadOption;
  /** Without one, a table of the groups. */
  readonly output: string | undefined;
  readonly family: Family | undefined;
  readonly explain: boolean;
}

/** What manifests hold: one side, or the result for many. Throws a ProblemError for input that can't be used. */
export async function previewWorkloads({ given, output, family, explain }: WorkloadsRequest): Promise<RuleSource | Result> {
  const form = output === undefined ? 'table' : formNamed(output, GROUP_FORMS);
  const settings = showsUnknowns(form) ? ({ ...given, placeholder: 'unknown' } as const) : given;
  const found: PlannedGroups = await plannedGroups(settings);
  // Without a form, rules that are to be loaded are shown of one.
  const single = form === 'table' && output !== undefined ? undefined : onlyWorkload(found, output === undefined ? given : settings);
  if (single !== undefined) return single;
  const printed = await GROUP_FORMS[form](found, { families: family === undefined ? FAMILIES : [family], explain });
  return {
    form,
    output: printed,
    problems: found.problems,
    notes: found.notes(printed),
    exitCode: exitCodeOf(found),
  };
}
