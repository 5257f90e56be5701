/** Which annotation is meant by a name that is none. */

import leven from 'leven';
import { OF_RULES, READ_BY_INJECTORS } from './known-annotations.ts';

// One letter too many, one missing, two swapped: more is another word.
const NEAR = 2;

/** The annotation that a name is nearly, or that has the same word under another prefix. */
export function nearestAnnotation(name: string): string | undefined {
  const word = wordOf(name);
  const elsewhere = word.length > NEAR * 3 ? OF_RULES.find((known) => wordOf(known) === word) : undefined;
  if (elsewhere !== undefined) return elsewhere;
  const ranked = READ_BY_INJECTORS.map((known) => ({ known, distance: leven(name.toLowerCase(), known.toLowerCase()) }));
  return ranked.filter(({ known, distance }) => distance <= mostOf(wordOf(known))).sort((a, b) => a.distance - b.distance)[0]?.known;
}

/** Long words have room for more: `interceptMode` is meant for interceptionMode, and `host` not for port. */
function mostOf(word: string): number {
  return word.length <= 4 ? 1 : Math.max(NEAR, Math.floor(word.length / 5));
}

function wordOf(name: string): string {
  return name.replace(/^.*\//, '').toLowerCase();
}
