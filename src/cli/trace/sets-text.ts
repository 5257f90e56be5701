/** Sets of packets for people: what happens to a port, and what comes to a rule. */

import { onOneLine } from '../../istio/origin.ts';
import { ruleText } from '../../istio/packets/rule-words.ts';
import { FAMILY_NAMES } from '../../netfilter/family.ts';
import type { Paint } from '../terminal/color.ts';
import type { PortReport, RuleReport } from './report.ts';
import { VERDICT_STYLES } from './verdict-styles.ts';

/** Ends that are shown; the rest is rarer than anybody asks for. */
const MOST = 10;

const TOO_MUCH = ['these rules distinguish more packets than can be followed'];

export function portParts({ ends, all }: PortReport, paint: Paint): readonly (readonly string[])[] {
  return ends.map(([family, found]) => {
    if (found === null) return TOO_MUCH;
    const printed = all ? found : found.slice(0, MOST);
    const width = Math.max(0, ...printed.map(({ end }) => end.length));
    return [
      paint('heading', FAMILY_NAMES[family]),
      ...printed.map(({ verdict, end, words }) => `  ${paint(VERDICT_STYLES[verdict], onOneLine(end.padEnd(width)))}  ${onOneLine(words)}`),
      ...(found.length > printed.length ? [`  and ${found.length - printed.length} rarer ones (--all-rules shows them)`] : []),
    ];
  });
}

export function ruleParts({ found, context }: RuleReport, paint: Paint): readonly (readonly string[])[] {
  return found.flatMap(([family, rules]) =>
    rules === null
      ? [TOO_MUCH]
      : rules.map(({ place, packets }) => {
          const reason = context.reason(place);
          const head = `${FAMILY_NAMES[family]} ${place.table} ${place.chain} ${place.position}`;
          return [
            `${paint('heading', onOneLine(head))}  ${onOneLine(ruleText(place))}`,
            ...(reason === undefined ? [] : [`  ${paint('aside', onOneLine(reason))}`]),
            ...(packets.length === 0 ? [paint('moved', '  no packet that it matches can reach it')] : ['  matches']),
            ...packets.map(({ words }) => `    ${onOneLine(words)}`),
          ];
        }),
  );
}
