/** `identify -f` with manifests: for each group of equal rules, the releases that make those very rules. */

import { API_VERSION } from '../../istio/api-version.ts';
import type { Identification } from '../../istio/found/identify.ts';
import { identify } from '../../istio/found/identify.ts';
import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import { spansText } from '../../istio/releases/spans-text.ts';
import { observeAll } from '../../netfilter/observation.ts';
import type { SourceOptions } from '../../sources/options.ts';
import { onlyWorkload } from '../../sources/rule-groups/only-workload.ts';
import type { PlannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import { plannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import type { RuleSource } from '../../sources/rule-source.ts';
import { grouped } from '../../sources/workloads/counts.ts';
import { examplesText, releasesText } from '../../sources/workloads/group-names.ts';
import type { WorkloadOption } from '../../sources/workloads/option.ts';
import type { Result } from '../result.ts';
import { BAD_INPUT } from '../result.ts';
import { formNamed } from '../terminal/form-name.ts';
import { cellCode } from '../terminal/markdown.ts';
import { cut, tableText } from '../terminal/table.ts';
import { outcomeDocument, selectedDocument, tallyDocument } from '../workloads/document.ts';
import { exitCodeOf } from '../workloads/exit-code.ts';
import { outcomeText } from '../workloads/words.ts';
import { IDENTIFY_FORMS } from './forms.ts';

interface Identified {
  readonly group: Group<Outcome>;
  /** Undefined where there are no rules. */
  readonly identification?: Identification;
}

type Form = (found: PlannedGroups, identified: readonly Identified[]) => string;

const HEAD = ['workloads', 'release', 'rules', 'identified as', 'of'];
const WIDEST = 60;

const FORMS = {
  text: (_, identified) => tableText(HEAD, identified.map(rowOf)),
  json: (found, identified) => `${JSON.stringify(documentOf(found, identified), null, 2)}\n`,
  markdown: (_, identified) => {
    const rows = identified.map((one) => `| ${rowOf(one).map(cell).join(' | ')} |\n`).join('');
    return `| ${HEAD.join(' | ')} |\n|${'---|'.repeat(HEAD.length)}\n${rows}`;
  },
} as const satisfies Record<string, Form>;

type FormName = keyof typeof FORMS;

/** The only workload as an operand, or the result for many. Throws a ProblemError for input that can't be used. */
export async function identifyWorkloads(given: SourceOptions & WorkloadOption, output: string): Promise<RuleSource | Result> {
  // One workload has a form more.
  formNamed(output, IDENTIFY_FORMS);
  const found = await plannedGroups(given);
  const single = onlyWorkload(found, given);
  if (single !== undefined) return single;
  const form: FormName = formNamed(output, FORMS);
  const identified = found.groups.map(identifiedOf);
  const printed = FORMS[form](found, identified);
  return {
    output: printed,
    form,
    problems: found.problems,
    notes: found.notes(printed),
    exitCode: exitCode(found, identified),
  };
}

/** As for one: 1 where a rule set is only near to what a release makes, 2 where there is none at all. */
function exitCode(found: PlannedGroups, identified: readonly Identified[]): number {
  const outcomes = identified.flatMap(({ identification }) => identification?.outcome ?? []).filter((outcome) => outcome !== 'none');
  const verdictCode = outcomes.length === 0 ? BAD_INPUT : outcomes.includes('unknown') ? BAD_INPUT : outcomes.includes('nearest') ? 1 : 0;
  return Math.max(exitCodeOf(found), verdictCode);
}

function identifiedOf(group: Group<Outcome>): Identified {
  return group.what.kind === 'rules' ? { group, identification: identify(observeAll(group.what.plan)) } : { group };
}

function rowOf({ group, identification }: Identified): readonly string[] {
  return [
    grouped(group.count),
    cut(releasesText(group), WIDEST),
    cut(outcomeText(group.what, group), WIDEST),
    cut(makersText(identification), WIDEST),
    examplesText(group, 2),
  ];
}

/** `1.18.0 to 1.24.6`: of the likeliest settings. */
function makersText(identification: Identification | undefined): string {
  const [likeliest] = identification?.answers ?? [];
  if (identification === undefined || likeliest === undefined) return '-';
  return `${identification.outcome === 'nearest' ? 'nearest: ' : ''}${spansText(likeliest.releases)}`;
}

function documentOf(found: PlannedGroups, identified: readonly Identified[]): object {
  return {
    apiVersion: API_VERSION,
    kind: 'WorkloadIdentifications',
    ...selectedDocument(found),
    groups: identified.map(({ group, identification }) => ({
      ...tallyDocument(group),
      ...outcomeDocument(group.what, group),
      ...(identification === undefined
        ? {}
        : {
            identification: {
              outcome: identification.outcome,
              answers: identification.answers.map(({ releases }) => ({ releases, spans: spansText(releases) })),
            },
          }),
    })),
  };
}

function cell(text: string): string {
  return text === '-' ? text : cellCode(text);
}
