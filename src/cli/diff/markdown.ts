/** A diff for a ticket. */

import { plain } from '../terminal/color.ts';
import type { Comparison } from './comparison.ts';
import { bodyParts, footLines } from './text.ts';
import { headingOf, summaryText } from './words.ts';

/** What the sides are, how much differs, the differences in a block that is shown as a diff, and what was not looked at. */
export function markdownForm(comparison: Comparison): string {
  const { left, right } = comparison;
  const body = bodyParts(comparison, plain).flatMap((part, index) => (index === 0 ? part : ['', ...part]));
  const foot = footLines(comparison);
  const parts = [
    [`- left (\`-\`): ${code(headingOf(left))}`, `- right (\`+\`): ${code(headingOf(right))}`],
    [`**${summaryText(comparison)}**`],
    ...(body.length === 0 ? [] : [fenced('diff', body)]),
    ...(foot.length === 0 ? [] : [fenced('text', foot)]),
  ];
  return `### Differences of packet filter rules\n\n${parts.map((lines) => `${lines.join('\n')}\n`).join('\n')}`;
}

/** Text from outside as code: between more backticks than stand in it. */
export function code(text: string): string {
  const ticks = '`'.repeat(longestRun(text) + 1);
  const space = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${ticks}${space}${text}${space}${ticks}`;
}

/** Lines as a block of code. */
export function fenced(language: string, lines: readonly string[]): readonly string[] {
  const fence = '`'.repeat(Math.max(3, longestRun(lines.join('\n')) + 1));
  return [`${fence}${language}`, ...lines, fence];
}

function longestRun(text: string): number {
  return [...text.matchAll(/`+/g)].reduce((longest, [ticks]) => Math.max(longest, ticks.length), 0);
}
