/** Commands of this program word for word, so that they can be pasted. */

import { quoteForPasting } from '../../netfilter/words.ts';
import { typedWords } from '../../sources/source-name.ts';
import { programWords } from '../program-name.ts';

/** A command of this program, as a shell takes it. */
export function programCommand(...words: readonly string[]): string {
  return shellText(...programWords(), ...words);
}

/** Words as a shell takes them. A pipe has run dry: what filled it goes in front again. */
export function shellText(...words: readonly string[]): string {
  const text = shellWords(words).join(' ');
  return words.flatMap(typedWords).some((word) => /^-(?:#|$)/.test(word)) ? `... | ${text}` : text;
}

/** Each as it was typed, and quoted where a shell would read it otherwise. */
export function shellWords(words: readonly string[]): readonly string[] {
  return words.flatMap(typedWords).map(quoteForPasting);
}
