/** A set as few boxes that are as large as can be: what is not in the scope may lie in them. */

import type { Arena } from './arena.ts';
import type { Box, SetId } from './diagram.ts';
import { NONE } from './diagram.ts';
import type { FieldName } from './space.ts';
import { FIELDS, fieldNumber, isWordField } from './space.ts';

/** The order in which a box drops what it says: what people ask for last is dropped first. */
const DROPPED: readonly FieldName[] = [
  'socket',
  'mark',
  'state',
  'sourcePort',
  'gid',
  'outInterface',
  'inInterface',
  'source',
  'uid',
  'destination',
  'destinationPort',
  'protocol',
  'origin',
];

export interface Cover {
  readonly boxes: readonly Box[];
  /** What the boxes leave over. */
  readonly rest: SetId;
}

/** Boxes, the heaviest first, that hold the set and of the scope nothing else; no more than `most`. */
export function coverOf({ diagrams }: Arena, set: SetId, scope: SetId, weights: readonly (readonly number[])[], most: number): Cover {
  const forbidden = diagrams.minus(scope, set);
  const boxes: Box[] = [];
  let rest = set;
  while (rest !== NONE && boxes.length < most) {
    const box = narrowed(enlarged(diagrams.heaviest(rest, weights) ?? []), rest);
    boxes.push(box);
    rest = diagrams.minus(rest, diagrams.ofBox(box));
  }
  return { boxes, rest };

  /** What is rare is said where all that is new in the box is rare. */
  function narrowed(start: Box, left: SetId): Box {
    const box = [...start];
    const fresh = diagrams.and(diagrams.ofBox(box), left);
    for (const field of RARE.map(fieldNumber)) {
      const values = diagrams.valuesOf(fresh, field);
      if (values[0] !== true) box[field] = values;
    }
    return box;
  }

  function enlarged(start: Box): Box {
    const box = [...start];
    for (const field of DROPPED.map(fieldNumber)) {
      if (box[field] === undefined) continue;
      box[field] = undefined;
      const bad = diagrams.and(diagrams.ofBox(box), forbidden);
      if (bad !== NONE) box[field] = diagrams.valuesOf(bad, field).map((is) => !is);
    }
    for (const [field, name] of FIELDS.entries()) {
      const loose = box[field];
      if (loose === undefined) continue;
      box[field] = mentioned(name, diagrams.valuesOf(diagrams.and(diagrams.ofBox(box), scope), field), loose);
    }
    return box;
  }
}

/** Values that no packet of the box has are said where that is shorter: `any address but 10.0.0.0/8`. Words are few, and what is not there is none. */
function mentioned(field: FieldName, tight: readonly boolean[], loose: readonly boolean[]): readonly boolean[] {
  if (isWordField(field)) return tight;
  const others = ABSENT_FIELDS.includes(field) ? loose.with(0, tight[0] === true) : loose;
  return turns(tight) <= turns(others) ? tight : others;
}

/** Fields whose first value is that they are not there. */
const ABSENT_FIELDS: readonly FieldName[] = ['destinationPort', 'sourcePort', 'uid', 'gid'];

/** How often neighbours differ: what a set costs in words. */
function turns(values: readonly boolean[]): number {
  return values.filter((is, index) => index > 0 && is !== values[index - 1]).length;
}

/** Fields whose first value is the ordinary one. */
const RARE: readonly FieldName[] = ['state', 'mark', 'socket'];
