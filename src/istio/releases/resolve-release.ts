/** The text of a release to a known one, with what is to be said about it. */

import type { Sourced } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { ProblemError, problem, quoted } from '../problems.ts';
import type { Release } from './known.ts';
import { NEWEST, RELEASES, readRelease } from './known.ts';

/** The variable that names the release whose rules our drop-in makes and whose flags it reads. Istio's program has none such. */
export const RELEASE_VARIABLE = 'ISTIO_INIT_RELEASE';

/** The release that a text names, the newest known one where none is named. Throws a ProblemError for an unknown one. */
export function resolveRelease(named: Sourced<string> | undefined): { readonly release: Release; readonly problems: readonly Problem[] } {
  if (named === undefined) return { release: NEWEST, problems: [] };
  const read = readRelease(named.value);
  if ('unknown' in read)
    throw new ProblemError([
      problem('unknown-release', named.source, { value: quoted(named.value), allowed: `${RELEASES[0]} to ${NEWEST}` }),
    ]);
  const problems = 'insteadOf' in read ? [problem('unknown-patch', named.source, { value: read.insteadOf, instead: read.release })] : [];
  return { release: read.release, problems };
}
