/** The list of every release that is known here. An init container asks for one release, and its bundle is without this list, or has it as it comes to. */

import type { Release } from './known.ts';
import { CANDIDATE, MINORS, patchesOf } from './known.ts';

/** All known releases, oldest first. */
export const RELEASES: readonly Release[] = /* @__PURE__ */ MINORS.flatMap(patchesOf);

/** The releases and the candidate, oldest first. */
export const KNOWN: readonly Release[] = /* @__PURE__ */ [...RELEASES, CANDIDATE];
