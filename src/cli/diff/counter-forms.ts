/** What was counted between two looks, for people and for programs. */

import { API_VERSION } from '../../istio/api-version.ts';
import { onOneLine } from '../../istio/origin.ts';
import type { CountedPlace } from '../../netfilter/compare/counters.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import { grouped } from '../../netfilter/grouped.ts';
import { printRule } from '../../netfilter/print.ts';
import type { Paint } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { CounterComparison, ExplainedRule } from './by-counters.ts';
import { isUncounted } from './by-counters.ts';
import { foreignDocument, notComparedDocument, operandDocument } from './document.ts';
import { footLines, operandLines } from './text.ts';
import { counted as plural } from './words.ts';

type Form = (comparison: CounterComparison, paint: Paint) => string;

export const COUNTER_FORMS = { text: textForm, json: jsonForm } as const satisfies Record<string, Form>;

function textForm(comparison: CounterComparison, paint: Paint): string {
  return paragraphs([
    operandLines(comparison.rules, paint),
    ...(comparison.uncounted.length === 0 ? chainParts(comparison, paint) : []),
    [paint('heading', summaryText(comparison)), ...aside(comparison), ...footLines(comparison.rules)],
  ]);
}

/** One part for each chain in which anything was counted or is not known, those with the most packets first. */
function chainParts({ counted, rules }: CounterComparison, paint: Paint): readonly (readonly string[])[] {
  const loud = counted.filter((one) => !isQuiet(one));
  const width = Math.max(0, ...loud.map((one) => countText(one).length));
  return [...grouped(loud, ({ family, table, chain }) => `${FAMILY_NAMES[family]} ${table} ${chain}`)]
    .map(([heading, own]) => ({ heading, own: own.toSorted((a, b) => Number(packetsOf(b) - packetsOf(a))) }))
    .sort((a, b) => Number(packetsOf(b.own[0]) - packetsOf(a.own[0])))
    .map(({ heading, own }) => [
      paint('heading', onOneLine(heading)),
      ...own.flatMap((one) => {
        const place = one.right ?? one.left;
        const position = place === undefined ? '' : rules[one.right === undefined ? 'left' : 'right'].positionOf(one, place.position);
        const words = [noteOf(one), one.because === undefined ? '' : `why: ${one.because.text}`].filter((text) => text !== '');
        return [
          `  ${countText(one).padStart(width)}  ${position}  ${onOneLine(printRule(one.rule))}`,
          ...words.map((text) => `${' '.repeat(width + 7)}${paint('aside', onOneLine(text))}`),
        ];
      }),
    ]);
}

/** Whether there is nothing to say of a rule: it is known that no packet took it. */
function isQuiet(one: ExplainedRule): boolean {
  return one.kind === 'counted' && one.packets === 0n && !one.about;
}

function packetsOf(one: ExplainedRule | undefined): bigint {
  return one?.kind === 'counted' || one?.kind === 'reset' ? one.packets : -1n;
}

function countText(one: ExplainedRule): string {
  if (one.kind !== 'counted' && one.kind !== 'reset') return '?';
  const least = one.kind === 'reset' || one.atLeast;
  return `${least ? '>=' : ''}${one.about ? '~' : ''}${one.packets}`;
}

function noteOf(one: ExplainedRule): string {
  switch (one.kind) {
    case 'counted':
      return '';
    case 'reset':
      return `began anew: ${one.left?.counters?.packets} before, ${one.packets} after`;
    case 'unknown':
      return one.reason === 'equal rules' ? 'not known: a rule equal to it came or went' : 'not known: an operand shows no counter of it';
    case 'only left':
      return `only left: ${placeCountText(one.left)} there`;
    case 'only right':
      return `only right: ${placeCountText(one.right)} there`;
    default:
      return one satisfies never;
  }
}

function placeCountText(place: CountedPlace | undefined): string {
  return place?.counters === undefined ? 'no counter' : `${place.counters.packets} counted`;
}

function summaryText(comparison: CounterComparison): string {
  const { counted, uncounted, rules } = comparison;
  if (uncounted.length > 0) {
    const names = uncounted.map((operandDocument) => rules[operandDocument].name).join(' and ');
    return onOneLine(`Not known: no rule of ${names} shows a counter. iptables-save -c, iptables -L -v and nft list ruleset show them.`);
  }
  if (isUncounted(comparison)) return 'No rule has counted a packet between the two.';
  const taken = counted.filter((one) => packetsOf(one) > 0n).length;
  const quiet = counted.filter(isQuiet).length;
  const unknown = counted.length - taken - quiet;
  const known = counted.some(({ kind }) => kind === 'reset') ? ' that is known' : '';
  const parts = [
    `${plural(taken, 'rule')} took packets`,
    `${quiet} took none${known}`,
    ...(unknown === 0 ? [] : [`of ${unknown} it is not known`]),
  ];
  return `${parts.join(', ')}.`;
}

/** How the numbers are to be read. */
function aside({ counted, uncounted }: CounterComparison): readonly string[] {
  if (uncounted.length > 0) return [];
  const hit = counted.filter((one) => packetsOf(one) > 0n);
  return [
    ...(hit.some(({ table }) => /(?:^|[ -])nat$/.test(table)) ? ['A rule of nat counts the first packet of each connection alone.'] : []),
    ...(counted.some(({ kind }) => kind === 'reset')
      ? ['>=: counters of this table began anew between the two; what they had counted since the first look is lost.']
      : []),
    ...(counted.some((one) => 'about' in one && one.about)
      ? ['~: a listing shows numbers rounded; iptables -L -v -x shows them whole.']
      : []),
  ];
}

function jsonForm(comparison: CounterComparison): string {
  const { rules, counted, uncounted } = comparison;
  const { left, right, notCompared } = rules;
  const document = {
    apiVersion: API_VERSION,
    kind: 'CounterDifference',
    same: isUncounted(comparison),
    left: operandDocument(left),
    right: operandDocument(right),
    withoutCounters: uncounted,
    rules: counted.map((one) => ruleDocument(one, comparison)),
    notCompared: notCompared.map(notComparedDocument),
    leftOut: { left: left.foreign.map(foreignDocument), right: right.foreign.map(foreignDocument) },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function ruleDocument(one: ExplainedRule, { rules }: CounterComparison): object {
  const { family, table, chain, kind, rule, because } = one;
  const operandDocument = (name: 'left' | 'right'): object => {
    const place = one[name];
    if (place === undefined) return {};
    return { [name]: { position: rules[name].positionOf(one, place.position), ...(place.counters && numbers(place.counters)) } };
  };
  return {
    ...{ kind, family, table, chain, text: printRule(rule) },
    ...(one.kind === 'counted' || one.kind === 'reset' ? { ...numbers(one), about: one.about } : {}),
    ...(one.kind === 'counted' ? { atLeast: one.atLeast } : {}),
    ...(one.kind === 'reset' ? { atLeast: true } : {}),
    ...(one.kind === 'unknown' ? { reason: one.reason } : {}),
    ...operandDocument('left'),
    ...operandDocument('right'),
    ...(because === undefined ? {} : { because: because.text, settings: because.settings }),
  };
}

function numbers({ packets, bytes }: { readonly packets: bigint; readonly bytes: bigint }): object {
  return { packets: Number(packets), bytes: Number(bytes) };
}
