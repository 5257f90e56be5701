/** The part that is played of what asks the kernel: half as much as elsewhere by the executable, which no image of an init container has. */

import { existsSync } from 'node:fs';
import * as trials from '../trials.ts';

export { PLAYS_ALL } from '../trials.ts';

const PART = !trials.PLAYS_ALL && process.env['TEST_PROGRAM'] === 'executable' ? 1 / 2 : 1;

/** As {@link trials.rounds}. */
export function rounds(all: number, times = 1): number {
  return trials.rounds(all, times * PART);
}

/** As {@link trials.played}. */
export function played<T>(all: readonly T[], times = 1): readonly T[] {
  return trials.played(all, times * PART);
}

/** By what TEST_PROGRAM calls them, and what is there where they are built. */
const BUILDS = [
  { program: 'static', file: 'dist/static/istio-iptables' },
  { program: 'executable', file: 'dist/bin/istio-init' },
];

const FASTEST = BUILDS.find(({ file }) => existsSync(new URL(`../../${file}`, import.meta.url)))?.program;

/** Those of a list that each build is asked for: all of them by the build that starts fastest of those that are there, which has the rules of the others. */
export function playedByBuild<T>(all: readonly T[]): readonly T[] {
  return process.env['TEST_PROGRAM'] === FASTEST ? all : played(all);
}
