/** The observed way beside the predicted one, for people: a line for each rule, the differences marked. */

import { onOneLine } from '../../istio/origin.ts';
import { placeText } from '../../istio/packets/packet/text.ts';
import type { ComparedRule } from '../../netfilter/observed/compare-paths.ts';
import type { ObservedEnd } from '../../netfilter/observed/observed-path.ts';
import type { Paint, Style } from '../terminal/color.ts';
import type { ObservedReport } from './report.ts';
import { labelled } from './trail-text.ts';

const MARKS: Readonly<Record<ComparedRule['by'], readonly [mark: string, style: Style, aside: string]>> = {
  both: ['=', 'aside', ''],
  predicted: ['-', 'removed', '  (predicted, and not seen)'],
  observed: ['+', 'added', '  (seen, and not predicted)'],
};

export function observedParts(observed: ObservedReport, paint: Paint): readonly (readonly string[])[] {
  const { seconds, path, compared, legacyTables = [] } = observed;
  if (path === undefined || compared === undefined) return [[labelled(paint, 'observed', unobservedText(observed, seconds))]];
  const { header } = path;
  const width = Math.max(0, ...compared.rules.map(({ place }) => place.length));
  const rules = compared.rules.map(({ by, place, text }) => {
    const [mark, style, aside] = MARKS[by];
    return paint(style, onOneLine(`  ${mark} ${place.padEnd(width)}  ${text}${aside}`));
  });
  return [
    [
      labelled(
        paint,
        'observed',
        `${placeText(header.source, header.sourcePort)} to ${placeText(header.destination, header.destinationPort)}`,
      ),
      ...(legacyTables.length === 0 ? [] : [labelled(paint, 'not seen', legacyText(legacyTables))]),
    ],
    rules.length === 0 ? ['  no rule matched'] : rules,
    [labelled(paint, 'observed', `${endText(compared.end)}, ${agreementText(compared)}`)],
  ];
}

function unobservedText({ interrupted, connect }: ObservedReport, seconds: number): string {
  const until = interrupted === undefined ? `in ${seconds} s` : 'until it was interrupted';
  const advice = connect ? [] : ['--connect sends one', '--timeout waits longer', '--from uid:N,gid:N says who sends it'];
  return [`no such packet was seen ${until}`, ...advice].join('; ');
}

/** Why what they do is not there. */
function legacyText(tables: readonly string[]): string {
  return `rules of iptables-legacy (${tables.join(', ')}): nftrace does not show them, only their own target TRACE does`;
}

function endText(end: ObservedEnd): string {
  switch (end.kind) {
    case 'local':
      return `delivered here, to ${placeText(end.address, end.port)}`;
    case 'left':
      return `left by ${end.device}, to ${placeText(end.address, end.port)}`;
    case 'dropped':
      return `dropped by ${end.by}`;
    case 'not-told':
      return 'ended outside the rules: routing dropped it, or no socket was there';
    default:
      return end satisfies never;
  }
}

function agreementText({ agrees, sameEnd, rules, possible }: NonNullable<ObservedReport['compared']>): string {
  if (agrees && sameEnd === undefined) return 'which could not be predicted; the rules are as predicted';
  if (agrees) return possible > 1 ? `which is one of ${possible} ways that were predicted` : 'as predicted, rule by rule';
  const count = rules.filter(({ by }) => by !== 'both').length;
  const differ = `${count} rule${count === 1 ? '' : 's'} differ${count === 1 ? 's' : ''}`;
  return sameEnd === false ? `which is not as predicted; ${differ}` : `as predicted, but ${differ}`;
}
