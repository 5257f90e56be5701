/** The text of a release to a known one, with what is to be said about it. */

import type { Origin, Sourced } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { ProblemError, problem, quoted } from '../problems.ts';
import type { Release } from './known.ts';
import { NEWEST, newestPatch, OLDEST, readRelease } from './known.ts';

/** The variable that names the release whose rules our drop-in makes and whose flags it reads. Istio's program has none such. */
export const RELEASE_VARIABLE = 'ISTIO_INIT_RELEASE';

/** What is to be said of a release that stands in for another. */
export function isReplacement(instead: Release, text: string, source: Origin): Problem {
  const known = newestPatch(/^v?(1\.\d+)/.exec(text)?.[1] ?? '') !== undefined;
  return problem(known ? 'unknown-patch' : 'newer-release', source, { value: text, instead });
}

/** The release that a text names, the newest known one where none is named. Throws a ProblemError for an unknown one. */
export function resolveRelease(named: Sourced<string> | undefined): { readonly release: Release; readonly problems: readonly Problem[] } {
  if (named === undefined) return { release: NEWEST, problems: [] };
  const read = readRelease(named.value);
  if ('unknown' in read)
    throw new ProblemError([problem('unknown-release', named.source, { value: quoted(named.value), allowed: `${OLDEST} to ${NEWEST}` })]);
  const problems = 'insteadOf' in read ? [isReplacement(read.release, read.insteadOf, named.source)] : [];
  return { release: read.release, problems };
}
