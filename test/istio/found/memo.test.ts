import { expect, it } from 'vitest';
import { Memo } from '../../../src/istio/found/memo.ts';

it('works out once what it is asked for again, and holds no more than it may', () => {
  const memo = new Memo<number>(2);
  const made: string[] = [];
  const ask = (text: string): number => memo.get(text, () => made.push(text));
  expect(['a', 'b', 'a', 'b'].map(ask)).toEqual([1, 2, 1, 2]);
  expect(['c', 'c', 'a', 'b', 'b'].map(ask)).toEqual([3, 3, 4, 5, 5]);
  expect(made).toEqual(['a', 'b', 'c', 'a', 'b']);
});
