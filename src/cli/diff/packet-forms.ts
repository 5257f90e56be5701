/** The forms of `diff --by packets`: one table. */

import { API_VERSION } from '../../istio/api-version.ts';
import type { BehaviorRegion } from '../../istio/packets/behavior.ts';
import { questionText } from '../../istio/packets/verdict.ts';
import type { Paint } from '../terminal/color.ts';
import { plain } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { PacketComparison } from './by-packets.ts';
import { notComparedDocument, operandDocument } from './document.ts';
import { comparedMarkdown } from './markdown.ts';
import { footLines, operandLines } from './text.ts';

type Form = (comparison: PacketComparison, paint: Paint) => string;

export const PACKET_FORMS = {
  text: textForm,
  json: (comparison) => `${JSON.stringify(packetDocument(comparison), null, 2)}\n`,
  markdown: markdownForm,
} as const satisfies Record<string, Form>;

function textForm(comparison: PacketComparison, paint: Paint): string {
  const { rules } = comparison;
  return paragraphs([
    [paint('heading', answerText(comparison))],
    operandLines(rules, paint),
    ...regionParts(comparison, paint),
    footLines(rules),
  ]);
}

function markdownForm(comparison: PacketComparison): string {
  const body = regionParts(comparison, plain);
  return comparedMarkdown('Differences in what happens to packets', comparison.rules, answerText(comparison), body);
}

/** Each region: which packets, and what becomes of them on either side. */
export function regionParts({ behavior }: Pick<PacketComparison, 'behavior'>, paint: Paint): readonly (readonly string[])[] {
  const print = ({ words, left, right, because }: BehaviorRegion): readonly string[] => [
    words,
    paint('removed', `- ${left.words}`),
    paint('added', `+ ${right.words}`),
    ...questionTexts(because).map((text) => paint('aside', `    not known: ${text}`)),
  ];
  return [...behavior.different, ...behavior.unclear].map(print);
}

/** What the comparison says, as a sentence. */
export function answerText({ behavior }: Pick<PacketComparison, 'behavior'>): string {
  const { answer, different, more, tooLarge } = behavior;
  const partly = tooLarge ? ' There are more sets of packets than can be distinguished: not all were compared.' : '';
  switch (answer) {
    case 'equal':
      return 'The same for all packets that open a connection.';
    case 'different': {
      const count = different.length + more;
      const note = more === 0 ? '' : `, ${different.length} of them shown`;
      return `Different for ${count} kind${count === 1 ? '' : 's'} of packets${note}.${partly}`;
    }
    case 'unknown':
      return `Not known to be the same: no difference is sure.${partly}`;
    default:
      return answer satisfies never;
  }
}

/** The document. Within one apiVersion keys are added, never renamed or removed. */
function packetDocument({ rules, behavior }: PacketComparison): object {
  const region = ({ words, left, right, example, because }: BehaviorRegion): object => ({
    packets: words,
    left,
    right,
    example,
    ...(because.length === 0 ? {} : { because: questionTexts(because) }),
  });
  return {
    apiVersion: API_VERSION,
    kind: 'BehaviorDifference',
    answer: behavior.answer,
    left: operandDocument(rules.left),
    right: operandDocument(rules.right),
    different: behavior.different.map(region),
    more: behavior.more,
    tooLarge: behavior.tooLarge,
    unclear: behavior.unclear.map(region),
    notCompared: rules.notCompared.map(notComparedDocument),
  };
}

/** Several questions may be asked in the same words. */
function questionTexts(questions: BehaviorRegion['because']): readonly string[] {
  return [...new Set(questions.map(questionText))];
}
