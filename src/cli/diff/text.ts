/** A diff for people: each chain that differs, how much differs, and what was not looked at. */

import { FAMILY_NAMES } from '../../netfilter/family.ts';
import type { Paint, Style } from '../terminal/color.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { Line } from './chain-lines.ts';
import { piecesOf } from './chain-lines.ts';
import type { ComparedChain, Comparison } from './comparison.ts';
import { headingOf, leftOutText, notComparedText, reasonOf, summaryText } from './words.ts';

/** What the sides are. */
export function operandLines({ left, right }: Comparison, paint: Paint): readonly string[] {
  return [paint('heading', `--- ${headingOf(left)}`), paint('heading', `+++ ${headingOf(right)}`)];
}

/** The whole report, the sides named above it. */
export function textForm(comparison: Comparison, paint: Paint): string {
  const parts = [
    operandLines(comparison, paint),
    ...bodyParts(comparison, paint),
    [paint('heading', summaryText(comparison)), ...footLines(comparison)],
  ];
  return paragraphs(parts);
}

/** One part for each chain that differs, and for what differs outside the packet filter. */
export function bodyParts(comparison: Comparison, paint: Paint): readonly (readonly string[])[] {
  const chains = comparison.tables.flatMap((table) => table.chains).filter(({ differences }) => differences.length > 0);
  return [...chains.map((chain) => chainPart(chain, comparison, paint)), ...routingParts(comparison, paint)];
}

/** What was not compared, and what was left out. */
export function footLines({ left, right, notCompared }: Comparison): readonly string[] {
  const hidden = (operand: 'left' | 'right'): readonly string[] =>
    notCompared.filter((one) => one.operand === operand).map(notComparedText);
  return [
    ...listed('Not compared:', hidden('left'), hidden('right')),
    ...listed('Ignored; --all compares them:', left.foreign.map(leftOutText), right.foreign.map(leftOutText)),
  ];
}

function listed(title: string, left: readonly string[], right: readonly string[]): readonly string[] {
  const items = [...left.map((item) => `  - ${item}`), ...right.map((item) => `  + ${item}`)];
  return items.length === 0 ? [] : [title, ...items];
}

const STYLES: Readonly<Record<Line['mark'], Style | undefined>> = { ' ': undefined, '-': 'removed', '+': 'added', '~': 'moved' };

function chainPart(chain: ComparedChain, comparison: Comparison, paint: Paint): readonly string[] {
  const { family, table, chain: name, left, right } = chain;
  const pieces = piecesOf(chain, comparison);
  const last = pieces.flat().reduce((most, line) => Math.max(most, line.left ?? 0, line.right ?? 0), 1);
  const width = String(last).length;
  const column = (position: number | undefined): string => `${position ?? ''}`.padStart(width);
  const print = ({ mark, left: inLeft, right: inRight, text, words }: Line): readonly string[] => {
    const [style, whole] = [STYLES[mark], `${mark} ${column(inLeft)} ${column(inRight)}  ${text}`];
    const indent = ' '.repeat(2 * width + 7);
    return [style === undefined ? whole : paint(style, whole), ...words.map((line) => `${indent}${paint('aside', line)}`)];
  };
  const only = left === undefined ? ', a chain that only the right has' : right === undefined ? ', a chain that only the left has' : '';
  return [
    paint('heading', `${FAMILY_NAMES[family]} ${table} ${name}${only}`),
    ...pieces.flatMap((piece, index) => [...(index === 0 ? [] : ['  ...']), ...piece.flatMap(print)]),
  ];
}

function routingParts({ routing, left, right }: Comparison, paint: Paint): readonly (readonly string[])[] {
  return [...new Set(routing.map(({ printedBy }) => printedBy))].map((command) => [
    paint('heading', `${command} (outside the packet filter)`),
    ...routing
      .filter(({ printedBy }) => printedBy === command)
      .flatMap((one) => {
        const [mark, style, plan] = one.kind === 'missing' ? (['-', 'removed', left.plan] as const) : (['+', 'added', right.plan] as const);
        const reason = reasonOf(one, plan);
        return [paint(style, `${mark}  ${one.text}`), ...(reason === undefined ? [] : [`     ${paint('aside', `why: ${reason}`)}`])];
      }),
  ]);
}
