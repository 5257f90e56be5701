/** Sets as regions that can be read, and the questions that a set hangs on. */

import type { Question } from '../trace/result.ts';
import type { Arena } from './arena.ts';
import { FIRST_QUESTION } from './arena.ts';
import { coverOf } from './cover.ts';
import type { SetId } from './diagram.ts';
import { exampleOf } from './example.ts';
import type { ClassSet } from './outcomes.ts';
import type { Prepared } from './prepared.ts';
import type { Region } from './region.ts';
import { fieldsOf } from './region.ts';

/** A region, the packets of the set that are in it, and what was said of the set. */
export interface Found<A> {
  readonly region: Region;
  readonly set: SetId;
  readonly about: A;
}

/** Regions that together hold the sets, the most ordinary traffic first; at most `most` for each set. */
export function regionsOf<A>(
  { arena, operands, weights }: Prepared,
  sets: readonly { readonly set: SetId; readonly about: A }[],
  scope: SetId,
  most: number,
): readonly Found<A>[] {
  const { diagrams, family } = arena;
  const [first] = operands;
  if (first === undefined) return [];
  const found = sets.flatMap(({ set, about }) =>
    coverOf(arena, set, scope, weights, most).boxes.map((box): Found<A> => {
      const inside = diagrams.and(set, diagrams.ofBox(box));
      const region: Region = {
        family,
        fields: fieldsOf(arena, box),
        example: exampleOf(arena, inside, first.host, weights),
        weight: diagrams.weigh(inside, weights),
      };
      return { region, set: inside, about };
    }),
  );
  return found.sort((a, b) => b.region.weight - a.region.weight);
}

/** The questions that the end of a set's packets hangs on. */
export function questionsOf(arena: Arena, classes: readonly ClassSet[], set: SetId): readonly Question[] {
  const { diagrams } = arena;
  const questions = new Set(
    classes.flatMap((one) => diagrams.support(diagrams.and(one.set, set)).filter((field) => field >= FIRST_QUESTION)),
  );
  return arena.questions.filter(({ field }) => questions.has(field)).map(({ question }) => question);
}
