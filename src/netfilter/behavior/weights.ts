/** How ordinary packets are: the share of traffic that each value of a field stands for, roughly, so that what matters comes first. */

import type { Range, Ranges, Value } from '../address/ranges.ts';
import { contains } from '../address/ranges.ts';
import { ABSENT } from '../trace/fields.ts';
import type { Arena } from './arena.ts';
import type { Atom, FieldName, NumberName } from './space.ts';
import { FIELDS } from './space.ts';

/** Values that stand for more than their share of numbers. */
interface Heavy {
  readonly share: number;
  readonly values: readonly Value[] | Ranges;
}

const HEAVY: { readonly [F in NumberName]?: readonly Heavy[] } = {
  protocol: [
    { share: 20, values: [6] },
    { share: 4, values: [17] },
  ],
  destinationPort: [{ share: 0.5, values: [22, 53, 80, 443, 8080, 9080, 15008, 15020, 15021, 15090] }],
  // What arrives has no owner, -1; of what is made here, little.
  uid: [{ share: 0.3, values: [0, 1000, 1337, ABSENT] }],
  gid: [{ share: 0.3, values: [0, 1000, 1337, ABSENT] }],
  mark: [{ share: 50, values: [0] }],
};

const WORD_WEIGHTS: Readonly<Record<string, number>> = { INVALID: 0.01, found: 0.01, remote: 5 };

/** The weight of each value of each field, in the order of the fields. */
export function weightsFor({ space }: Arena, own: Ranges): readonly (readonly number[])[] {
  return FIELDS.map((field) => {
    const atoms: readonly Atom[] = space[field];
    const total = atoms.reduce((sum, atom) => sum + width(atom), 0);
    return atoms.map((atom) => (typeof atom === 'string' ? (WORD_WEIGHTS[atom] ?? 1) : width(atom) / total + heavyIn(field, atom, own)));
  });
}

function width(atom: Atom): number {
  return typeof atom === 'string' ? 1 : Number(atom.last) - Number(atom.first) + 1;
}

function heavyIn(field: FieldName, atom: Range, own: Ranges): number {
  if (field === 'source' || field === 'destination') return contains(own, atom.first) ? 0.3 : 0;
  return (HEAVY[field as NumberName] ?? []).reduce(
    (sum, { share, values }) => sum + share * values.filter((value) => typeof value !== 'object' && contains([atom], value)).length,
    // Marks that somebody names are in use.
    field === 'mark' && atom.first === atom.last ? 0.01 : 0,
  );
}
