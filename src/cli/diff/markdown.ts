/** A diff for a ticket. */

import { plain } from '../terminal/color.ts';
import { code, fenced, fencedParts } from '../terminal/markdown.ts';
import { paragraphs } from '../terminal/paragraphs.ts';
import type { Comparison } from './comparison.ts';
import { bodyParts, footLines } from './text.ts';
import { headingOf, summaryText } from './words.ts';

/** What the sides are, how much differs, the differences in a block that is shown as a diff, and what was not looked at. */
export function markdownForm(comparison: Comparison): string {
  return comparedMarkdown('Differences of packet filter rules', comparison, summaryText(comparison), bodyParts(comparison, plain));
}

/** The same for whatever the sides were compared by. */
export function comparedMarkdown(title: string, rules: Comparison, answer: string, body: readonly (readonly string[])[]): string {
  const { left, right } = rules;
  const foot = footLines(rules);
  const parts = [
    [`- left (\`-\`): ${code(headingOf(left))}`, `- right (\`+\`): ${code(headingOf(right))}`],
    [`**${answer}**`],
    fencedParts('diff', body),
    foot.length === 0 ? [] : fenced('text', foot),
  ];
  return `### ${title}\n\n${paragraphs(parts)}`;
}
