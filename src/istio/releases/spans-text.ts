/** Many releases in few words. */

import type { Release } from './known.ts';
import { position } from './known.ts';

/** `1.5.0 to 1.5.10, 1.7.0`: releases in any order, oldest first, those without a gap as one span. */
export function spansText(releases: readonly Release[]): string {
  const spans: [Release, Release][] = [];
  for (const release of releases.toSorted((a, b) => position(a) - position(b))) {
    const span = spans.at(-1);
    if (span !== undefined && position(span[1]) + 1 === position(release)) span[1] = release;
    else spans.push([release, release]);
  }
  return spans.map(([first, last]) => (first === last ? first : `${first} to ${last}`)).join(', ');
}
