/** A diff for a ticket. */

import { plain } from '../terminal/color.ts';
import { code, fenced } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
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
  return `### Differences of packet filter rules\n\n${paragraphs(parts)}`;
}
