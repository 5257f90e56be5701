import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Placed } from '../../src/drawing/layout.ts';
import { layoutOf, linesOf } from '../../src/drawing/layout.ts';
import { ranksOf } from '../../src/drawing/ranks.ts';
import { rounds } from '../trials.ts';
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

  it('breaks a long row between words, further in from its second line on, and makes its box as high', () => {
    const text = '  2 ! -d 127.0.0.1/32 -o lo -p tcp -m tcp ! --dport 15008 -m owner --uid-owner 1337 -j ISTIO_IN_REDIRECT';
    const lines = linesOf(text);
    expect(lines).toEqual([
      '  2 ! -d 127.0.0.1/32 -o lo -p tcp -m tcp !',
      '      --dport 15008 -m owner --uid-owner 1337 -j',
      '      ISTIO_IN_REDIRECT',
    ]);
    expect(linesOf('-j RETURN')).toEqual(['-j RETURN']);
    const heightWith = (row: string): number => {
      const box = { id: 'a', title: 'A', kind: 'chain', lane: 'l', rows: [{ text: row }] } as const;
      return layoutOf({ ...SMALL, lanes: [{ id: 'l', title: '' }], boxes: [box], arrows: [] }).boxes[0]?.at.height ?? 0;
    };
    expect(heightWith(text) - heightWith('-j RETURN')).toBe(2 * 18);
  });

  it('puts lanes that have no room beside each other below, and leads an arrow around', () => {
    const lanes = ['a', 'b', 'c', 'd'].map((id) => ({ id, title: id }));
    const boxes = lanes.map(({ id }) => ({ id, title: 'x'.repeat(50), kind: 'actor', lane: id, rows: [] }) as const);
    const arrows = ['ab', 'bc', 'cd'].map(([from = '', to = '']) => ({ from, to }));
    const { width, lanes: placed, arrows: drawn } = layoutOf({ ...SMALL, flow: 'down', lanes, boxes, arrows });
    expect(width).toBeLessThan(920);
    const [first, second, third, fourth] = placed.map(({ at }) => at);
    expect([second?.y, third?.x, fourth?.y]).toEqual([first?.y, first?.x, third?.y]);
    expect(third?.y).toBeGreaterThan((first?.y ?? 0) + (first?.height ?? 0));
    expect(drawn.map(({ course }) => course)).toEqual(['sideways', 'back', 'sideways']);
    // It goes across in the gap.
    const gap = drawn[1]?.between ?? 0;
    expect([gap > (first?.y ?? 0) + (first?.height ?? 0), gap < (third?.y ?? 0)]).toEqual([true, true]);
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
      { numRuns: rounds(150) },
    );
  });
});
