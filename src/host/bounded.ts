/** A bound on how much is done at once. */

/** Work that waits until one of the places is free; it is begun in the order in which it was given. */
export type Bounded = <R>(work: () => Promise<R>) => Promise<R>;

/** At most `places` works run at a time. */
export function bounded(places: number): Bounded {
  let free = places;
  const waiting: (() => void)[] = [];
  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) free += 1;
    else next();
  };
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      leave();
    }
  };
}
