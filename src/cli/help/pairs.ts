/** Two columns of help: a word, and what it is for. */

import { padded, widthOf } from '../terminal/columns.ts';
import { hanging, wrappedLine } from '../terminal/wrap.ts';

const INDENT = '  ';
const GAP = 2;

/** Lines of pairs, the second column at `most` or where the longest word ends; a word that is longer has the line for itself. */
export function pairLines(pairs: readonly (readonly [string, string])[], columns: number, most: number): readonly string[] {
  const width = Math.max(0, ...pairs.map(([word]) => widthOf(word)).filter((one) => one <= most));
  return pairs.flatMap(([word, about]) => {
    const label = `${INDENT}${padded(word, width + GAP)}`;
    if (widthOf(word) <= width) return hanging(label, about, columns).map((line) => line.trimEnd());
    return [...wrappedLine(`${INDENT}${word}`, columns), ...hanging(' '.repeat(widthOf(INDENT) + width + GAP), about, columns)];
  });
}
