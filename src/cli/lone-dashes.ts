/** Lone dashes, standard input, among the words of a command. */

import type { Options } from 'yargs';

/** The operands that are a lone dash, which yargs leaves out of a list. One behind an option that wants a value is that value. */
export function dashesIn(words: readonly string[], options: Readonly<Record<string, Options>>): readonly string[] {
  const end = words.indexOf('--');
  const wanting = Object.entries(options).flatMap(([name, { type, alias = [] }]) => (type === 'boolean' ? [] : [name, alias].flat()));
  const wantsValue = new Set(wanting.map((name) => (name.length === 1 ? `-${name}` : `--${name}`)));
  return words.filter((word, index) => word === '-' && (end < 0 || index < end) && !wantsValue.has(words[index - 1] ?? ''));
}
