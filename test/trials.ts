/**
 * Trials do one thing many times, by chance or for every golden state. `npm test` plays a sixth of each, or a twelfth of what asks
 * the kernel, the same every time but where chance decides, or less where another test asks for all; `npm run trials` plays all.
 */

import { existsSync } from 'node:fs';

/** By what TEST_PROGRAM calls them, and what is there where they are built. */
const BUILDS = [
  { program: 'static', file: 'dist/static/istio-iptables' },
  { program: 'executable', file: 'dist/bin/istio-init' },
];

/** Whether all is played, however long it takes. */
export const PLAYS_ALL = process.env['TRIALS'] === 'all';

// What asks the kernel takes most of the time. Other builds than that for Node have the same rules, and half as much will do for what is theirs.
const PART = PLAYS_ALL ? 1 : Number(process.env['TRIALS_PART'] ?? 6);

const FASTEST = BUILDS.find(({ file }) => existsSync(new URL(`../${file}`, import.meta.url)))?.program;

/** Those of a list that each build is asked for: all of them by the build that starts fastest of those that are there, which has the rules of the others. */
export function playedByBuild<T>(all: readonly T[]): readonly T[] {
  return process.env['TEST_PROGRAM'] === FASTEST ? all : played(all);
}

/** How many rounds of so many are played; so many times as many where fewer would not show all there is to see. */
export function rounds(all: number, times = 1): number {
  return Math.ceil(all / Math.ceil(PART / times));
}

/** Those of a list that are played; so many times as many as well. */
export function played<T>(all: readonly T[], times = 1): readonly T[] {
  return all.filter((_, index) => index % Math.ceil(PART / times) === 0);
}
