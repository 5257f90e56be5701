/** An explanation for people: settings as a table, then each rule with its reason. */

import type { ExplainedRule, ExplainedSetting, Explanation, IgnoredText } from '../../istio/advice/explain.ts';
import { onOneLine, printSource } from '../../istio/origin.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import type { Paint } from '../terminal/color.ts';
import { widthOf } from '../terminal/columns.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import { hanging, row, wrapped } from '../terminal/wrap.ts';
import { headingOf, isGiven, remarksOn, settingSourceText, surroundings, unusedText } from './words.ts';

/** Columns of a name and of a value; the source has the rest. */
const NAME = 27;
const VALUE = 26;
const INDENT = 2;
const NARROW = 80;

/** Wrapped to a number of columns. */
export function textForm(explanation: Explanation, paint: Paint, width: number, verbose = false): string {
  const { settings, ignored, rules, routing } = explanation;
  const given = settings.filter(isGiven);
  const parts = [
    [paint('heading', headingOf(explanation)), ...surroundings(explanation).flatMap(([label, text]) => hanging(`${label}: `, text, width))],
    table('SET', given, paint, width),
    ignored.length === 0 ? [] : [paint('heading', 'IGNORED'), ...ignored.flatMap((one) => unusedLines(one, paint, width))],
    defaultsPart(settings, paint, width, verbose),
    ruleLines(rules, paint, width),
    routing.length === 0
      ? []
      : [paint('heading', 'ROUTING'), ...routing.flatMap(({ text, ...reason }) => [`  ${text}`, ...reasonLines(reason, paint, width)])],
  ];
  return paragraphs(parts);
}

/** What nobody set is of interest where it is all there is, and to who asks for it. */
function defaultsPart(settings: readonly ExplainedSetting[], paint: Paint, width: number, verbose: boolean): readonly string[] {
  const defaults = settings.filter((setting) => !isGiven(setting));
  if (defaults.length === settings.length) return table('SETTINGS', defaults, paint, width);
  if (verbose) return table('DEFAULT', defaults, paint, width);
  return [paint('heading', 'DEFAULT'), `${defaults.length} settings (--verbose shows them)`];
}

function table(title: string, settings: readonly ExplainedSetting[], paint: Paint, width: number): readonly string[] {
  if (settings.length === 0) return [];
  const sources = settings.map((setting) => onOneLine(settingSourceText(setting)));
  const room = width - NAME - VALUE - 2;
  // A narrow screen has no room for three columns, and a long path none in the third.
  const narrow = width < NARROW || sources.some((source) => source.split(' ').some((word) => widthOf(word) > room));
  const lines = settings.flatMap((setting, index) => {
    const { key, text } = setting;
    const source = sources[index] ?? '';
    const columns = [[key], wrapped(onOneLine(text), narrow ? width - NAME - 1 : VALUE), narrow ? [] : wrapped(source, room)];
    const remarks = remarksOn(setting).flatMap((remark) => aside(remark.text, remark.isProblem ? 'moved' : 'aside', paint, width));
    return [...row(columns, [NAME, VALUE]), ...(narrow ? aside(source, 'aside', paint, width) : []), ...remarks];
  });
  return [paint('heading', title), ...lines];
}

/** Its name is too long for a column. */
function unusedLines(one: IgnoredText, paint: Paint, width: number): readonly string[] {
  const line = onOneLine(`${one.name}: ${one.value === '' ? 'nothing' : one.value} (${printSource(one.source)})`);
  return [...hanging('', line, width), ...aside(unusedText(one), 'moved', paint, width)];
}

function aside(text: string, style: 'moved' | 'aside', paint: Paint, width: number): readonly string[] {
  return hanging(' '.repeat(NAME + 1), onOneLine(text), width).map((line) => paint(style, line));
}

function ruleLines(rules: readonly ExplainedRule[], paint: Paint, width: number): readonly string[] {
  const place = ({ family, table: name, chain }: ExplainedRule): string => `${FAMILY_NAMES[family]} ${name} ${chain}`;
  return rules.flatMap((rule, index) => {
    const before = rules[index - 1];
    const heading =
      before === undefined || place(before) !== place(rule) ? [...(index === 0 ? [] : ['']), paint('heading', place(rule))] : [];
    return [...heading, ...hanging(' '.repeat(INDENT), rule.text, width), ...reasonLines(rule, paint, width)];
  });
}

function reasonLines({ because, settings }: Pick<ExplainedRule, 'because' | 'settings'>, paint: Paint, width: number): readonly string[] {
  const text = `${because}${settings.length === 0 ? '' : ` (${settings.join(', ')})`}`;
  return hanging(' '.repeat(3 * INDENT), onOneLine(text), width).map((line) => paint('aside', line));
}
