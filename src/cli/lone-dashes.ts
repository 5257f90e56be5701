/** Lone dashes, standard input, among the words of a command. */

import type { Options } from 'yargs';

/** The operands that are a lone dash, which yargs leaves out of a list. One behind an option that wants a value is that value. */
export function dashesIn(words: readonly string[], options: Readonly<Record<string, Options>>): readonly string[] {
  const end = words.indexOf('--');
  const wanting = Object.entries(options).flatMap(([name, { type, alias = [] }]) => (type === 'boolean' ? [] : [name, alias].flat()));
  const takesValue = new Set(wanting.map((name) => (name.length === 1 ? `-${name}` : `--${name}`)));
  return words.filter((word, index) => word === '-' && (end < 0 || index < end) && !takesValue.has(words[index - 1] ?? ''));
}

/** Operands that yargs found, with the lone dashes at the places where they stood. */
export function withDashes(
  words: readonly string[],
  operands: readonly string[],
  options: Readonly<Record<string, Options>>,
): readonly string[] {
  let next = 0;
  const placed = words.flatMap((word, index) => {
    if (word === '-') return dashesIn(words.slice(Math.max(0, index - 1), index + 1), options);
    if (word !== operands[next]) return [];
    next += 1;
    return [word];
  });
  return [...placed, ...operands.slice(next)];
}
