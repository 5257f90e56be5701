/** The part that is played of what asks the kernel, by every build. */

import { existsSync } from 'node:fs';
import { played } from '../trials.ts';

export { PLAYS_ALL, played, rounds } from '../trials.ts';

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
