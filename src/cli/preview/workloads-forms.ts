/** The forms of a preview of many workloads: one table. */

import type { DrawingForm } from '../../drawing/forms.ts';
import { API_VERSION } from '../../istio/api-version.ts';
import type { Outcome } from '../../istio/kubernetes/rule-groups/outcome.ts';
import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES, FAMILY_NAMES } from '../../netfilter/family.ts';
import type { PlannedGroups } from '../../sources/rule-groups/planned-groups.ts';
import { planView } from '../../sources/rules-text.ts';
import { grouped, workloadsText } from '../../sources/workloads/counts.ts';
import { examplesText, placesText, releasesText } from '../../sources/workloads/group-names.ts';
import { cut, tableText } from '../terminal/table.ts';
import { refuseNames } from '../terminal/unresolved-names.ts';
import { outcomeDocument, selectedDocument, tallyDocument } from '../workloads/document.ts';
import { outcomeText } from '../workloads/words.ts';
import type { FormName } from './forms.ts';
import { FORMS } from './forms.ts';

export interface FormOptions {
  readonly families: readonly Family[];
  readonly explain: boolean;
}

type Form = (groups: PlannedGroups, options: FormOptions) => string | Promise<string>;

const WIDTHS = { releases: 40, what: 90 };

export const GROUP_FORMS = {
  table: ({ groups }) =>
    tableText(
      ['workloads', 'release', 'rules', 'of'],
      groups.map((group) => [
        grouped(group.count),
        cut(releasesText(group), WIDTHS.releases),
        cut(outcomeText(group.what, group), WIDTHS.what),
        examplesText(group, 2),
      ]),
    ),
  restore: rules('restore'),
  save: rules('save'),
  commands: rules('commands'),
  list: rules('list'),
  nft: rules('nft'),
  'nft-script': rules('nft-script'),
  'nft-json': rules('nft-json'),
  json: (found) => `${JSON.stringify(groupsDocument(found), null, 2)}\n`,
  yaml: async (found) => (await import('../../istio/yaml.ts')).writeYaml(groupsDocument(found)),
  svg: picture('svg'),
  mermaid: picture('mermaid'),
  dot: picture('dot'),
} as const satisfies Record<'table' | FormName, Form>;

/** Each group with its rules once, below lines that say whose they are. */
function rules(form: Exclude<FormName, 'json' | 'yaml' | DrawingForm>): Form {
  return async ({ groups }, options) => {
    const parts: string[] = [];
    for (const group of groups) parts.push(`${headingOf(group)}${await rulesText(group.what, form, options)}`);
    return parts.join('\n');
  };
}

/** The chains of each group's rules, those of the next below. */
function picture(form: DrawingForm): Form {
  return async ({ groups }, { families }) => {
    const [{ DRAWING_FORMS }, { joined }, { drawRules }] = await Promise.all([
      import('../../drawing/forms.ts'),
      import('../../drawing/joined.ts'),
      import('../../istio/pictures/view.ts'),
    ]);
    const parts = groups.flatMap((group) => {
      if (group.what.kind !== 'rules') return [];
      const view = planView(group.what.plan);
      return { name: placesText(group), drawing: drawRules(view, fullFamilies(group.what.plan, families), view.name) };
    });
    return DRAWING_FORMS[form](
      joined('the rules of workloads', `The rules of ${parts.length} groups of workloads with equal rules.`, parts),
    );
  };
}

/** Comment lines: how many, of which release, what they are, and whose. */
function headingOf(group: Group<Outcome>): string {
  const { what } = group;
  const release = group.releases.size === 0 ? '' : `, Istio ${releasesText(group)}`;
  const lines = [`${workloadsText(group.count)}${release}`, outcomeText(what, group), `of ${placesText(group)}`];
  return lines.map((line) => `# ${line}\n`).join('');
}

async function rulesText(outcome: Outcome, form: FormName, { families, explain }: FormOptions): Promise<string> {
  if (outcome.kind !== 'rules') return '';
  const { plan } = outcome;
  const view = planView(plan);
  const { rules } = FORMS[form] as { readonly rules?: string };
  const held = plan.nft === undefined ? 'iptables' : 'nft';
  if (rules !== undefined && rules !== held) return `# rules of ${held}, which -o ${form} does not show\n`;
  if (FORMS[form].numbers) refuseNames(plan.problems, `-o ${form} shows numbers; use -o restore`);
  const full = fullFamilies(plan, families);
  if (!FORMS[form].oneFamily) return FORMS[form].print(view, full, explain);
  const parts: string[] = [];
  for (const family of full)
    parts.push(`${full.length > 1 ? `# ${FAMILY_NAMES[family]}\n` : ''}${await FORMS[form].print(view, [family], explain)}`);
  return parts.join('');
}

function fullFamilies(plan: CapturePlan, families: readonly Family[]): readonly Family[] {
  const full = FAMILIES.filter((family) => families.includes(family) && plan[family].tables.length > 0);
  return full.length === 0 ? families.slice(0, 1) : full;
}

/** The document. Within one apiVersion keys are added, never renamed or removed. */
function groupsDocument(found: PlannedGroups): object {
  return {
    apiVersion: API_VERSION,
    kind: 'RuleGroups',
    ...selectedDocument(found),
    groups: found.groups.map((group) => ({ ...tallyDocument(group), ...outcomeDocument(group.what, group) })),
  };
}
