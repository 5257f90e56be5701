import { badOption, oneOf } from '../../istio/bad-option.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import { withProblems } from '../../istio/plan/plan.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { readSource } from '../../sources/read-source.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import type { RulesView } from '../../sources/rules-text.ts';
import { observedView, planView } from '../../sources/rules-text.ts';
import { manifestsIn } from '../../sources/workloads/detect.ts';
import type { WorkloadOption } from '../../sources/workloads/option.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import { formNamed } from '../terminal/form-name.ts';
import { refuseNames } from '../terminal/unresolved-names.ts';
import type { FormName } from './forms.ts';
import { FORM_NAMES, FORMS, ORDINARY } from './forms.ts';
import { showsUnknowns } from './forms-with-unknowns.ts';
import { refuseListedWords } from './listed-words.ts';
import { previewNotes } from './notes.ts';

export interface PreviewRequest {
  readonly source?: string;
  readonly given: SourceOptions & WorkloadOption;
  /** Without one: restore, and a table of many workloads. */
  readonly output?: string;
  readonly family?: string;
  /** Whether comment lines say why each rule is there. */
  readonly explain: boolean;
  /** What the node agent of the ambient mode makes, instead of a sidecar's rules. */
  readonly ambient?: boolean;
}

/** Runs the command. Throws a ProblemError for input that can't be used. */
export async function preview({ source, given, output, family: named, explain, ambient = false }: PreviewRequest): Promise<Result> {
  const family = named === undefined ? undefined : oneOf('--family', named, FAMILIES);
  if (ambient) {
    const { ambientView } = await import('./ambient.ts');
    const view = ambientView(source, given);
    return previewView(view, view.name, namedForm(output), family, explain);
  }
  const manifests = manifestsIn(source, given);
  if (manifests !== undefined) {
    const { previewWorkloads } = await import('./workloads.ts');
    const found = await previewWorkloads({ given: manifests, output, family, explain });
    return 'output' in found ? found : previewSource(found, namedForm(output), family, explain);
  }
  const form = namedForm(output);
  const settings = form !== undefined && showsUnknowns(form) ? ({ ...given, placeholder: 'unknown' } as const) : given;
  return previewSource(await readSource(source, settings, family), form, family, explain);
}

function namedForm(output: string | undefined): FormName | undefined {
  return output === undefined ? undefined : formNamed(output, FORMS);
}

/** The form that was named, or the ordinary one of such rules. Throws a ProblemError for one that can't show them. */
function formFor(view: RulesView, named: FormName | undefined): FormName {
  const kind = view.nft === undefined ? 'iptables' : 'nft';
  const form = named ?? ORDINARY[kind];
  if (kind === 'nft' || rulesIn(form) !== 'nft') return form;
  const able = FORM_NAMES.filter((name) => rulesIn(name) !== 'nft').join(', ');
  throw badOption('--output', `${form} shows rules of nft, and these are of iptables; allowed: ${able}`);
}

/** Which rules a form shows; undefined where it shows both. */
function rulesIn(form: FormName): 'iptables' | 'nft' | undefined {
  return (FORMS[form] as { readonly rules?: 'iptables' | 'nft' }).rules;
}

async function previewSource(
  ruleSource: RuleSource,
  named: FormName | undefined,
  family: Family | undefined,
  explain: boolean,
): Promise<Result> {
  const view =
    ruleSource.plan === undefined ? observedView(ruleSource, explain ? await makerOf(ruleSource) : undefined) : planView(ruleSource.plan);
  const { plan } = ruleSource;
  const missing = plan?.missing ?? [];
  const whole = { ...view, problems: [...view.problems, ...missing], ...(plan && missing.length > 0 && { document: withMissing(plan) }) };
  const complete = await previewView(
    { ...whole, containers: ruleSource.containers },
    ruleSource.name,
    named,
    family,
    explain,
    (families, converted) => [...ruleSource.notes, ...previewNotes(ruleSource, families, converted)],
  );
  return missing.length === 0 ? complete : { ...complete, exitCode: BAD_INPUT };
}

/** A plan of which not all is known, as data that says so. */
function withMissing(plan: CapturePlan): RulesView['document'] {
  return planView(withProblems(plan, plan.missing ?? [])).document;
}

/** Who is thought to have made rules, for their reasons. Throws a ProblemError where that is nobody. */
async function makerOf({ name, seen }: RuleSource): Promise<NonNullable<Parameters<typeof observedView>[1]>> {
  const { identify } = await import('../../istio/found/identify.ts');
  const { answers, agent } = identify(seen);
  const made = answers[0]?.plan ?? (await import('../../istio/found/identify/ambient.ts')).agentRules(agent);
  if (made === undefined) throw badOption('--explain', `${name} has no rules of an Istio sidecar, so that no reason is known`);
  return made;
}

async function previewView(
  given: RulesView,
  name: string,
  named: FormName | undefined,
  family: Family | undefined,
  explain: boolean,
  notes: (families: readonly Family[], converted: boolean) => readonly string[] = () => [],
): Promise<Result> {
  const form = formFor(given, named);
  const converted =
    rulesIn(form) === 'iptables' && hasOnlyNft(given) ? (await import('./as-iptables.ts')).viewAsIptables(given) : undefined;
  const view = converted?.view ?? given;
  const families = printedFamilies(view, family, form);
  if (FORMS[form].numbers) refuseNames(view.problems, `-o ${form} shows numbers; use -o restore`);
  if (FORMS[form].commands) refuseListedWords(name, view.rules, families);
  return {
    output: `${explain ? containerComments(view, form) : ''}${converted?.comments ?? ''}${await FORMS[form].print(view, families, explain)}`,
    problems: view.problems,
    notes: [...(converted?.notes ?? []), ...notes(families, converted !== undefined)],
    ...(converted !== undefined && { errors: converted.errors }),
    exitCode: (converted?.errors.length ?? 0) > 0 ? BAD_INPUT : 0,
  };
}

/** Whether there are rules, and iptables has none of them. */
function hasOnlyNft({ nft, rules }: RulesView): boolean {
  const tables = FAMILIES.flatMap((family) => rules[family].tables);
  return nft !== undefined || (tables.length > 0 && tables.every((table) => table.nft !== undefined));
}

/** Who makes these rules in the pod, in a form that has comments. */
function containerComments({ containers = [] }: RulesView, form: FormName): string {
  return (FORMS[form] as { readonly comments?: true }).comments === true
    ? containers.map(([label, text]) => `# ${label}: ${text}\n`).join('')
    : '';
}

/** The families that have rules; a form that holds one family wants to know which. */
function printedFamilies({ rules }: RulesView, family: Family | undefined, form: FormName): readonly Family[] {
  if (family !== undefined) return [family];
  const iptablesOnly = rulesIn(form) === 'iptables';
  const full = FAMILIES.filter((candidate) => rules[candidate].tables.some(({ nft }) => nft === undefined || !iptablesOnly));
  if (full.length > 1 && FORMS[form].oneFamily)
    throw badOption('--output', `${form} holds one family and there are rules in both; choose with --family ip or --family ip6 (-4, -6)`);
  return full.length === 0 ? ['ip'] : full;
}
