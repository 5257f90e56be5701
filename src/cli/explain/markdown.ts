/** An explanation for a ticket. */

import type { ExplainedRule, ExplainedSetting, Explanation } from '../../istio/advice/explain.ts';
import { onOneLine } from '../../istio/origin.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { cellCode, code, escaped, table } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { headingOf, isGiven, remarksOn, settingSourceText, sourceText, surroundings, unusedText } from './words.ts';

/** What is explained, the settings and the rules as tables. */
export function markdownForm(explanation: Explanation): string {
  const { settings, ignored, rules, routing } = explanation;
  const given = settings.filter(isGiven);
  const parts = [
    [`### ${plain(headingOf(explanation))}`],
    surroundings(explanation).map(([label, text]) => `- ${label}: ${code(text)}`),
    settingTable('set', given),
    table(
      ['ignored', 'value', 'from', ''],
      ignored.map((one) => [plain(one.name), plain(one.value), plain(sourceText(one.source)), plain(unusedText(one))]),
    ),
    settingTable(
      'default',
      settings.filter((setting) => !isGiven(setting)),
    ),
    table(['chain', 'rule', 'because'], rules.map(ruleCells)),
    table(
      ['routing', 'because'],
      routing.map(({ text, because }) => [cellCode(text), plain(because)]),
    ),
  ];
  return paragraphs(parts);
}

function settingTable(title: string, settings: readonly ExplainedSetting[]): readonly string[] {
  return table(
    [title, 'value', 'from', ''],
    settings.map((setting) => [
      setting.key,
      plain(setting.text),
      plain(settingSourceText(setting)),
      remarksOn(setting)
        .map(({ isProblem, text }) => (isProblem ? `**${plain(text)}**` : plain(text)))
        .join('<br>'),
    ]),
  );
}

function ruleCells({ family, table: name, chain, text, because, settings }: ExplainedRule): readonly string[] {
  const causes = settings.length === 0 ? '' : ` (${settings.join(', ')})`;
  return [`${FAMILY_NAMES[family]} ${name} ${plain(chain)}`, cellCode(text), plain(`${because}${causes}`)];
}

/** Text in which nothing is markup. */
function plain(text: string): string {
  return escaped(onOneLine(text));
}
