/** The forms of a diff of many workloads: whose they are, then the diff of each group in the form that was requested. */

import { API_VERSION } from '../../istio/api-version.ts';
import type { Group } from '../../istio/kubernetes/rule-groups.ts';
import { onOneLine } from '../../istio/origin.ts';
import type { BehaviorComparison } from '../../istio/packets/behavior.ts';
import type { Pair, Upgrade } from '../../sources/rule-groups/upgrade.ts';
import { grouped, workloadsText } from '../../sources/workloads/counts.ts';
import { examplesText, groupHeading, placesText, releasesText } from '../../sources/workloads/group-names.ts';
import type { Paint } from '../terminal/color.ts';
import { plain } from '../terminal/color.ts';
import { code } from '../terminal/markdown.ts';
import { cut, tableText } from '../terminal/table.ts';
import { outcomeDocument, selectedDocument, tallyDocument } from '../workloads/document.ts';
import { outcomeText } from '../workloads/words.ts';
import { TRAFFIC_WORDS } from './traffic-words.ts';

export interface Compared {
  readonly group: Group<Pair>;
  /** The diff of the two sides, printed. */
  readonly output: string;
  readonly same: boolean;
  /** How much differs, as a sentence. */
  readonly summary: string;
  /** Whether packets go elsewhere, where rules were compared. */
  readonly traffic?: BehaviorComparison['answer'];
}

export interface ComparedUpgrade extends Upgrade {
  readonly compared: readonly Compared[];
  /** How many have no difference. */
  readonly equal: number;
}

type Form = (found: ComparedUpgrade, paint: Paint) => string;

export const UPGRADE_FORMS = {
  text: (found, paint) => `${leadText(found, paint)}${overview(found)}${lined(found, paint, '')}`,
  // patch(1) passes over lines before the first `---` of a file.
  patch: (found) => lined(found, plain, '# '),
  json: (found) => `${JSON.stringify(upgradeDocument(found), null, 2)}\n`,
  markdown,
} as const satisfies Record<string, Form>;

const WIDEST = 70;

/** `2 of 12 workloads: traffic goes elsewhere`, and how many have other rules that do the same. */
function leadText({ compared, count, unmatched = [] }: ComparedUpgrade, paint: Paint): string {
  if (compared.length === 0 || compared.some(({ traffic }) => traffic === undefined)) return '';
  const of = (answer: BehaviorComparison['answer']): number =>
    compared.reduce((sum, { group, traffic }) => sum + (traffic === answer ? group.count : 0), 0);
  const [elsewhere, unknown, same] = [of('different'), of('unknown'), of('equal')];
  const rest = [
    ...(unknown === 0 ? [] : [`${grouped(unknown)} not known`]),
    ...(same === 0 ? [] : [`${grouped(same)} with other rules that do the same`]),
    ...unmatched.map((tally) => `${grouped(tally.count)} only in ${onOneLine(tally.file)}`),
  ];
  const lead = `${elsewhere === 0 ? 'none' : grouped(elsewhere)} of ${workloadsText(count)}: traffic goes elsewhere`;
  return `${paint(elsewhere === 0 ? 'added' : 'removed', [lead, ...rest].join('; '))}\n\n`;
}

/** All groups at a glance, where there are several. */
function overview({ compared }: ComparedUpgrade): string {
  if (compared.length < 2) return '';
  const rows = compared.map(({ group, summary, traffic }) => [
    grouped(group.count),
    traffic === undefined ? '-' : TRAFFIC_WORDS[traffic],
    cut(releasesText(group), WIDEST),
    cut(outcomeText(group.what.left, group), WIDEST),
    // The heading says that they differ, and there is little room.
    summary.replace(/^Different: (.*)\.$/, '$1'),
    examplesText(group, 1),
  ]);
  return `${tableText(['count', 'traffic', 'release', 'left', 'different', 'of'], rows)}\n`;
}

function lined(found: ComparedUpgrade, paint: Paint, prefix: string): string {
  const parts = found.compared.map(({ group, output }) => `${paint('heading', `${prefix}${groupHeading(group)}`)}\n${output}`);
  return [
    ...parts,
    tailLines(found)
      .map((line) => `${prefix}${line}\n`)
      .join(''),
  ].join('\n');
}

function markdown(found: ComparedUpgrade): string {
  const parts = found.compared.map(({ group, output }) => `## ${code(groupHeading(group))}\n\n${output}`);
  const lead = leadText(found, plain).trim();
  return [
    ...(lead === '' ? [] : [`**${lead}**\n`]),
    ...parts,
    tailLines(found)
      .map((line) => `- ${code(line)}\n`)
      .join(''),
  ].join('\n');
}

/** Those without a difference, those that have none to be compared with, and those of which nothing is known. */
function tailLines({ equal, unknown, unmatched = [] }: ComparedUpgrade): readonly string[] {
  return [
    ...(equal === 0 ? [] : [`${workloadsText(equal)}: the same at both operands`]),
    ...unmatched.map((tally) => `${workloadsText(tally.count)}: only in ${onOneLine(tally.file)}: ${placesText(tally)}`),
    ...unknown.map((group) => `${workloadsText(group.count)}: not compared: ${outcomeText(group.what, group)} (${placesText(group)})`),
  ];
}

/** The document. Within one apiVersion keys are added, never renamed or removed. */
function upgradeDocument(found: ComparedUpgrade): object {
  return {
    apiVersion: API_VERSION,
    kind: 'WorkloadDifferences',
    ...selectedDocument(found),
    groups: found.compared.map(({ group, output, traffic }) => ({
      ...tallyDocument(group),
      ...(traffic === undefined ? {} : { traffic }),
      difference: JSON.parse(output) as object,
    })),
    same: found.equal,
    ...(found.unmatched === undefined
      ? {}
      : { unmatched: found.unmatched.map(({ file, ...tally }) => ({ file, ...tallyDocument(tally) })) }),
    notCompared: found.unknown.map((group) => ({ ...tallyDocument(group), ...outcomeDocument(group.what, group) })),
    otherValues: found.unlike,
  };
}
