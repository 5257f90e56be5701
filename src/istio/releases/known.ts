/** Every release of Istio that is known here: 281, from 1.0.0 to 1.30.3. */

/** The newest patch of each minor of Istio 1, from 1.0 on. */
const LAST_PATCH = [9, 17, 10, 8, 10, 10, 14, 8, 6, 9, 6, 8, 9, 9, 6, 7, 7, 8, 7, 10, 8, 6, 8, 6, 6, 5, 8, 9, 10, 6, 3];

// Tags that were skipped: no such release was ever published.
const NEVER_RELEASED = ['1.17.7', '1.18.4', '1.19.2'];

/** A release as `1.23.4`. */
export type Release = string;

/** The oldest known release. */
export const OLDEST: Release = '1.0.0';

/** The newest known release: what is built when none is named. */
export const NEWEST: Release = `1.${LAST_PATCH.length - 1}.${LAST_PATCH.at(-1)}`;

/** The candidate of the next minor. It stands for that minor until its first patch is published, and is built only where it is named. */
export const CANDIDATE: Release = '1.31.0-rc.0';

/** The minors of Istio 1, oldest first. */
export const MINORS: readonly number[] = /* @__PURE__ */ LAST_PATCH.map((_, minor) => minor);

/** The releases of a minor, oldest first. */
export function patchesOf(minor: number): readonly Release[] {
  const all = Array.from({ length: (LAST_PATCH[minor] ?? -1) + 1 }, (_, patch) => `1.${minor}.${patch}`);
  return all.filter((tag) => !NEVER_RELEASED.includes(tag));
}

/** How many releases there are before a minor. */
function before(minor: number): number {
  const tags = LAST_PATCH.slice(0, minor).reduce((sum, last) => sum + last + 1, 0);
  return tags - NEVER_RELEASED.filter((tag) => Number(tag.split('.')[1]) < minor).length;
}

/** The place of the candidate. */
const LAST = before(LAST_PATCH.length);

const PLACES = new Map<Release, number>();

/** Asked for a thousand times where one set of rules is looked up among all releases. */
function placeOf(release: Release): number {
  const known = PLACES.get(release);
  if (known !== undefined) return known;
  const place = countPlace(release);
  if (place >= 0) PLACES.set(release, place);
  return place;
}

function countPlace(release: Release): number {
  const minor = Number(release.split('.')[1]);
  const place = patchesOf(minor).indexOf(release);
  return place < 0 ? (release === CANDIDATE ? LAST : -1) : before(minor) + place;
}

function isKnown(release: Release): boolean {
  return placeOf(release) >= 0;
}

/** Place of a release in the order of age, 0 for the oldest. Throws for one that is not known. */
export function position(release: Release): number {
  const at = placeOf(release);
  if (at < 0) throw new RangeError(`${release} is not a known release of Istio`);
  return at;
}

/** The release at a place. Throws for a place without one. */
export function releaseAt(at: number): Release {
  if (at === LAST) return CANDIDATE;
  const minor = LAST_PATCH.findIndex((_, index) => at < before(index + 1));
  const release = patchesOf(minor)[at - before(minor)];
  if (release === undefined) throw new RangeError(`there is no release at place ${at}`);
  return release;
}

/** The newest patch of a minor (`1.23`), or undefined for a minor that is not known. */
export function newestPatch(minor: string): Release | undefined {
  const patch = LAST_PATCH[Number(/^1\.(\d+)$/.exec(minor)?.[1] ?? '-1')];
  if (patch === undefined) return minor !== '' && CANDIDATE.startsWith(`${minor}.`) ? CANDIDATE : undefined;
  return `${minor}.${patch}`;
}

/** What the text of a release means. */
export type ReadRelease =
  | { readonly release: Release }
  /** A patch that is not known, of a minor that is: its newest known patch stands in. */
  | { readonly release: Release; readonly insteadOf: string }
  | { readonly unknown: string };

/**
 * Reads `1.23`, `1.23.4`, `v1.23.4`, `1.23.4-distroless`, `1.20.3-asm.17`. A minor is its newest patch;
 * a leading `v` and what follows the patch (variants, vendor suffixes) are dropped.
 */
export function readRelease(text: string): ReadRelease {
  const [, candidate] = /^v?(1\.\d+\.0-rc\.\d+)(?:[-+]|$)/.exec(text.trim()) ?? [];
  if (candidate !== undefined && isKnown(candidate)) return { release: candidate };
  const parts = /^v?(1\.(?:0|[1-9]\d{0,2}))(?:\.(0|[1-9]\d{0,2}))?(?:[-+][0-9A-Za-z][0-9A-Za-z.+-]*)?$/.exec(text.trim());
  const newest = newestPatch(parts?.[1] ?? '');
  if (newest === undefined) return { unknown: text };
  // Built before the minor was released: its patches are not in it.
  if (parts?.[2] === undefined)
    return /^[^-]*-(?:alpha|beta|rc|dev)/.test(text.trim()) ? { release: newest, insteadOf: text.trim() } : { release: newest };
  const exact = `${parts[1]}.${parts[2]}`;
  return isKnown(exact) ? { release: exact } : { release: newest, insteadOf: exact };
}

/**
 * Reads the tag of an image, which somebody else wrote: one of a minor that is newer than all known ones is taken for the
 * newest that is, so that what holds it can be read.
 */
export function readTag(text: string): ReadRelease {
  const read = readRelease(text);
  const [, minor] = /^v?1\.([1-9]\d{0,2})\.(?:0|[1-9]\d{0,2})(?:[-+]|$)/.exec(text.trim()) ?? [];
  if (!('unknown' in read) || minor === undefined || Number(minor) <= Number(CANDIDATE.split('.')[1])) return read;
  return { release: CANDIDATE, insteadOf: text.trim() };
}

/**
 * Spans of releases: `1.9.6 - 1.9, 1.10.2 -` is 1.9.6 to the last 1.9 patch, and everything from 1.10.2 on;
 * `- 1.12` is everything up to the last 1.12 patch; `1.6` is all patches of 1.6.
 */
export type Spans = string;

/** The spans as pairs of positions, both ends included. */
export function readSpans(spans: Spans): readonly (readonly [number, number])[] {
  return spans.split(',').map((span) => {
    const [first = '', last = first] = span.split(/\s*-\s*/).map((part) => part.trim());
    return [first === '' ? 0 : position(oldestOf(first)), last === '' ? LAST : position(newestOf(last))];
  });
}

function oldestOf(text: string): Release {
  return /^1\.\d+$/.test(text) ? (isKnown(`${text}.0`) ? `${text}.0` : (newestPatch(text) ?? text)) : text;
}

function newestOf(text: string): Release {
  return newestPatch(text) ?? text;
}
