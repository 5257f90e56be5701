/** Choices that are the same in each run. */

import { numbersBy } from '../random.ts';
export interface Random {
  /** From `first` to `last`, both included. */
  readonly whole: (first: number, last: number) => number;
  readonly chance: (of: number) => boolean;
  readonly pick: <V>(list: readonly V[]) => V;
  readonly some: <V>(list: readonly V[], count: number) => readonly V[];
}

/** Choices by a seed. */
export function randomBy(seed: number): Random {
  const next = numbersBy(seed);
  const whole = (first: number, last: number): number => first + Math.floor(next() * (last - first + 1));
  const pick = <V>(list: readonly V[]): V => {
    if (list.length === 0) throw new RangeError('nothing to pick from');
    return list[whole(0, list.length - 1)] as V;
  };
  const some = <V>(list: readonly V[], count: number): readonly V[] => {
    const rest = [...list];
    return Array.from({ length: Math.min(count, rest.length) }, () => rest.splice(whole(0, rest.length - 1), 1)[0] as V);
  };
  return { whole, chance: (of) => next() < of, pick, some };
}
