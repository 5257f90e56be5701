/**
 * Trials do one thing many times, by chance or for every golden state. `npm test` plays a twelfth of each, the same twelfth
 * every time but where chance decides, or more where another test asks for it; `npm run trials` plays all.
 */

/** Whether all is played, however long it takes. */
export const PLAYS_ALL = process.env['TRIALS'] === 'all';

const PART = PLAYS_ALL ? 1 : 12;

/** How many rounds of so many are played; so many times as many where fewer would not show all there is to see. */
export function rounds(all: number, times = 1): number {
  return Math.ceil(all / Math.ceil(PART / times));
}

/** Those of a list that are played; so many times as many as well. */
export function played<T>(all: readonly T[], times = 1): readonly T[] {
  return all.filter((_, index) => index % Math.ceil(PART / times) === 0);
}
