/** `preview`: the rules of a plan, or of a text, in one of the forms that people and programs read. */

import { nearest, quoted } from '../istio/problems.ts';
import type { Family } from '../netfilter/rule.ts';
import { FAMILIES } from '../netfilter/rule.ts';
import type { SettingsGiven } from './options.ts';
import { readInput } from './plan-input.ts';
import type { FormName } from './preview-forms.ts';
import { FORM_NAMES, FORMS } from './preview-forms.ts';
import { refuseNames } from './refuse-names.ts';
import type { Shown } from './shown.ts';
import { planShown, textShown } from './shown.ts';
import type { Result } from './talk.ts';
import { badOption } from './talk.ts';

export interface PreviewRequest {
  readonly source?: string;
  readonly given: SettingsGiven;
  readonly output: string;
  readonly family?: string;
  /** Whether comment lines say why each rule is there. */
  readonly explain: boolean;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function preview({ source, given, output, family: named, explain }: PreviewRequest): Promise<Result> {
  const form = oneOf('--output', output, FORM_NAMES);
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  const input = await readInput(source, given);
  const shown = input.kind === 'plan' ? planShown(input.plan) : await textShown(input.text, family);
  const families = shownFamilies(shown, family, form);
  if (FORMS[form].numbers) refuseNames(shown.problems, `-o ${form} shows numbers; use -o restore`);
  const notes = input.kind === 'plan' ? input.notes : [];
  return {
    output: await FORMS[form].print(shown, families, explain),
    problems: shown.problems,
    notes: [...notes, ...emptyNotes(shown, families)],
    exitCode: 0,
  };
}

function oneOf<W extends string>(option: string, word: string, words: readonly W[]): W {
  const found = words.find((candidate) => candidate === word);
  if (found === undefined) throw badOption(option, `${quoted(word)} is not one of ${words.join(', ')}${nearest(word, words)}`);
  return found;
}

/** The families that have rules; a form that holds one family wants to know which. */
function shownFamilies({ rules }: Shown, family: Family | undefined, form: FormName): readonly Family[] {
  if (family !== undefined) return [family];
  const full = FAMILIES.filter((candidate) => rules[candidate].tables.length > 0);
  if (full.length > 1 && FORMS[form].oneFamily)
    throw badOption('--output', `${form} holds one family and there are rules in both; choose with --family ip or --family ip6 (-4, -6)`);
  return full.length === 0 ? ['ip'] : full;
}

function emptyNotes({ rules }: Shown, families: readonly Family[]): readonly string[] {
  return families
    .filter((family) => rules[family].tables.length === 0)
    .map((family) => `note: there are no ${family === 'ip' ? 'IPv4' : 'IPv6'} rules`);
}
