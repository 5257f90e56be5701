import fc from 'fast-check';
import { describe, expect } from 'vitest';
import type { SetId } from '../../../src/netfilter/behavior/diagram.ts';
import { ALL, Diagrams, NONE } from '../../../src/netfilter/behavior/diagram.ts';
import { property } from '../../property.ts';
import { rounds } from '../../trials.ts';

const SIZES = [3, 4, 2] as const;
const EACH_ONCE = SIZES.map((size) => new Array<number>(size).fill(1));

type Point = readonly [number, number, number];
const POINTS: readonly Point[] = [0, 1, 2].flatMap((a) => [0, 1, 2, 3].flatMap((b) => [0, 1].map((c): Point => [a, b, c])));

/** A set, and beside it the points that it has to hold. */
interface Made {
  readonly id: SetId;
  readonly points: readonly Point[];
}

const ofField = fc.record({
  field: fc.constantFrom(0 as const, 1 as const, 2 as const),
  values: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
});
const ofTwo = fc.record({ operation: fc.constantFrom('and' as const, 'or' as const, 'minus' as const), one: fc.nat(), other: fc.nat() });
const steps = fc.array(fc.oneof(ofField, ofTwo), { minLength: 8, maxLength: 30 });

const HOLDS = {
  and: (one: boolean, other: boolean) => one && other,
  or: (one: boolean, other: boolean) => one || other,
  minus: (one: boolean, other: boolean) => one && !other,
};

/** Sets of the values of one field, and what is made of two sets before them. */
function madeBy(diagrams: Diagrams, all: typeof steps extends fc.Arbitrary<infer S> ? S : never): readonly Made[] {
  const none: Made = { id: NONE, points: [] };
  const made: Made[] = [none, { id: ALL, points: POINTS }];
  for (const step of all) {
    if ('field' in step) {
      const values = step.values.slice(0, SIZES[step.field]);
      made.push({ id: diagrams.where(step.field, values), points: POINTS.filter((point) => values[point[step.field]]) });
    } else {
      const [one, other] = [made[step.one % made.length] ?? none, made[step.other % made.length] ?? none];
      const points = POINTS.filter((point) => HOLDS[step.operation](one.points.includes(point), other.points.includes(point)));
      made.push({ id: diagrams[step.operation](one.id, other.id), points });
    }
  }
  return made;
}

/** The fields of which another value alone leads out of the points, or into them. */
function fieldsThatMatter(points: readonly Point[]): readonly number[] {
  const without = (point: Point, field: number): string => String(point.with(field, -1));
  return [0, 1, 2].filter((field) => {
    const inside = new Set(points.map((point) => without(point, field)));
    return POINTS.some((point) => inside.has(without(point, field)) && !points.includes(point));
  });
}

describe('a set of points', () => {
  property([steps], { numRuns: rounds(600) })('holds what it was made of, and is one and the same in whatever way it was made', (all) => {
    const diagrams = new Diagrams(SIZES);
    const ids = new Map<string, SetId>();
    for (const { id, points } of madeBy(diagrams, all)) {
      expect(POINTS.filter((point) => diagrams.has(id, point))).toEqual(points);
      expect(ids.get(String(points)) ?? id).toBe(id);
      ids.set(String(points), id);
    }
  });

  property([steps, fc.nat(2)], { numRuns: rounds(600) })('says of a field what its points say', (all, field) => {
    const diagrams = new Diagrams(SIZES);
    for (const { id, points } of madeBy(diagrams, all)) {
      expect(diagrams.valuesOf(id, field)).toEqual(EACH_ONCE[field]?.map((_, value) => points.some((point) => point[field] === value)));
      expect(diagrams.weigh(id, EACH_ONCE)).toBe(points.length);
      expect(diagrams.support(id)).toEqual(fieldsThatMatter(points));
      const before = (point: Point): string => String(point.slice(0, field));
      const kept = new Set(points.map(before));
      const forgotten = diagrams.forget(id, field);
      expect(POINTS.filter((point) => diagrams.has(forgotten, point))).toEqual(POINTS.filter((point) => kept.has(before(point))));
    }
  });
});
