import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Placed } from '../../src/drawing/layout.ts';
import { layoutOf } from '../../src/drawing/layout.ts';
import { ranksOf } from '../../src/drawing/ranks.ts';
import { drawings, SMALL } from './drawings.ts';

const apart = (one: Placed, other: Placed): boolean =>
  one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y;

const inside = (inner: Placed, outer: Placed): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;

describe('a layout', () => {
  it('puts what an arrow leads to behind what it leaves', () => {
    expect([...ranksOf(SMALL)]).toEqual([
      ['one', 0],
      ['two', 1],
      ['three', 2],
    ]);
    const [one, two, three] = layoutOf(SMALL).boxes.map(({ at }) => at.x);
    expect(one).toBeLessThan(two ?? 0);
    expect(two).toBeLessThan(three ?? 0);
  });

  it('comes to an end where arrows go in a circle', () => {
    expect(layoutOf({ ...SMALL, arrows: [...SMALL.arrows, { from: 'three', to: 'one' }] }).boxes).toHaveLength(3);
  });

  it('has every box in its lane, and none over another', () => {
    fc.assert(
      fc.property(drawings, (drawing) => {
        const { width, height, lanes, boxes } = layoutOf(drawing);
        const canvas = { x: 0, y: 0, width, height };
        for (const { at } of lanes) expect(inside(at, canvas)).toBe(true);
        for (const { box, at } of boxes) expect(inside(at, lanes.find(({ lane }) => lane.id === box.lane)?.at ?? canvas)).toBe(true);
        for (const [index, { at }] of boxes.entries()) for (const other of boxes.slice(index + 1)) expect(apart(at, other.at)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });
});
