import { expect, it } from 'vitest';
import { Memo } from '../../../src/istio/found/memo.ts';

it('works out once what it is asked for again, and holds no more than it may', () => {
  const memo = new Memo<readonly [number, number]>(10, ([, weight]) => weight);
  const made: string[] = [];
  const ask = (text: string, weight = 5): number => memo.get(text, () => [made.push(text), weight])[0];
  expect(['a', 'b', 'a', 'b'].map((text) => ask(text))).toEqual([1, 2, 1, 2]);
  expect(['c', 'c', 'a', 'b', 'b'].map((text) => ask(text))).toEqual([3, 3, 4, 5, 5]);
  expect([ask('large', 11), ask('large', 11), ask('whole', 10), ask('whole', 10)]).toEqual([6, 7, 8, 8]);
});
