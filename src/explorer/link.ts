/** A question in the address's fragment, which no server ever sees. */

import { packed, unpacked } from './packed.ts';
import type { Question } from './question.ts';
import { LONGEST_IN_LINK, ORDINARY, questionOf } from './question.ts';

/** Undefined for a text that is too long for an address. What is as in a default pod is left out. */
export async function fragmentOf(question: Question): Promise<string | undefined> {
  if (question.text.length > LONGEST_IN_LINK) return undefined;
  const own = Object.entries(question).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(ORDINARY[key as keyof Question]));
  return own.length === 0 ? '' : packed(JSON.stringify(Object.fromEntries(own)));
}

// Whoever made the link decides what comes out: no more than a question can hold.
const MOST_BYTES = 1_000_000;

/** What a fragment holds; a default pod where it holds nothing that can be read. */
export async function questionIn(fragment: string): Promise<Question> {
  if (fragment === '') return ORDINARY;
  try {
    const text = await unpacked(fragment, MOST_BYTES);
    return text === undefined ? ORDINARY : questionOf(JSON.parse(text));
  } catch {
    return ORDINARY;
  }
}
