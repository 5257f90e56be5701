import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import { badOption, oneOf } from '../../sources/bad-option.ts';
import type { SettingsGiven, WorkloadGiven } from '../../sources/options.ts';
import type { Side } from '../../sources/rule-source.ts';
import type { Shown } from '../../sources/rules-text.ts';
import { observedShown, planShown } from '../../sources/rules-text.ts';
import { readSide } from '../../sources/source.ts';
import { manifestsIn } from '../../sources/workloads/detect.ts';
import type { Result } from '../terminal/result.ts';
import { refuseNames } from '../terminal/unresolved-names.ts';
import type { FormName } from './forms.ts';
import { FORM_NAMES, FORMS } from './forms.ts';
import { previewNotes } from './notes.ts';

export interface PreviewRequest {
  readonly source?: string;
  readonly given: SettingsGiven & WorkloadGiven;
  /** Without one: restore, and a table of many workloads. */
  readonly output?: string;
  readonly family?: string;
  /** Whether comment lines say why each rule is there. */
  readonly explain: boolean;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function preview({ source, given, output, family: named, explain }: PreviewRequest): Promise<Result> {
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const manifests = manifestsIn(source, given);
  if (manifests !== undefined) {
    const { previewWorkloads } = await import('./workloads.ts');
    const found = await previewWorkloads({ given: manifests, output, family, explain });
    return 'output' in found ? found : previewSide(found, formOf(output), family, explain);
  }
  const form = formOf(output);
  return previewSide(await readSide(source, given, family), form, family, explain);
}

function formOf(output = 'restore'): FormName {
  return oneOf('--output', output, FORM_NAMES);
}

async function previewSide(side: Side, form: FormName, family: Family | undefined, explain: boolean): Promise<Result> {
  const shown = side.plan === undefined ? observedShown(side) : planShown(side.plan);
  const families = shownFamilies(shown, family, form);
  if (FORMS[form].numbers) refuseNames(shown.problems, `-o ${form} shows numbers; use -o restore`);
  return {
    output: await FORMS[form].print(shown, families, explain),
    problems: shown.problems,
    notes: [...side.notes, ...previewNotes(side, families)],
    exitCode: 0,
  };
}

/** The families that have rules; a form that holds one family wants to know which. */
function shownFamilies({ rules }: Shown, family: Family | undefined, form: FormName): readonly Family[] {
  if (family !== undefined) return [family];
  const full = FAMILIES.filter((candidate) => rules[candidate].tables.length > 0);
  if (full.length > 1 && FORMS[form].oneFamily)
    throw badOption('--output', `${form} holds one family and there are rules in both; choose with --family ip or --family ip6 (-4, -6)`);
  return full.length === 0 ? ['ip'] : full;
}
