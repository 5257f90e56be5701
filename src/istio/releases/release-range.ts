/** The text of a range of releases, as `changes` takes it. */

import type { Origin } from '../origin.ts';
import type { Problem } from '../problems.ts';
import { ProblemError, problem, quoted } from '../problems.ts';
import { KNOWN } from './every-release.ts';
import type { Release } from './known.ts';
import { NEWEST, newestPatch, OLDEST, position } from './known.ts';
import { resolveRelease } from './resolve-release.ts';

/** Two releases, in the order in which they were named. */
export interface ReleaseRange {
  readonly from: Release;
  readonly to: Release;
  readonly problems: readonly Problem[];
}

const SOURCE: Origin = { kind: 'option', option: 'RANGE' };

/**
 * Reads `1.20..1.28`, `1.20..` (to the newest), `..1.5` (from the oldest), and one release: `1.23.4` stands for what
 * that patch changed against the one before, `1.23` for what the minor changed against the minor before.
 * Throws a ProblemError for releases that are not known, and for what is no range.
 */
export function readReleaseRange(text: string): ReleaseRange {
  const range = text.trim();
  const ends = range.split('..');
  const [first = '', last = ''] = ends;
  if (range === '' || range === '..' || ends.length > 2)
    throw refused(`${quoted(text)} is not a range of releases, such as ${OLDEST}..${NEWEST}`);
  const other = /^(v?1\.[\d.]+)\s*(?:\.{3,}|[-,:/\s\u2026\u2013]|to)\s*(v?1\.[\d.]+)$/.exec(range);
  if (other !== null) throw refused(`${quoted(text)} is not a range of releases; did you mean ${other[1]}..${other[2]}?`);
  if (ends.length === 1) return alone(first);
  const from = resolve(first, OLDEST);
  const to = resolve(last, NEWEST);
  return { from: from.release, to: to.release, problems: [...from.problems, ...to.problems] };
}

function resolve(text: string, otherwise: Release = NEWEST): ReturnType<typeof resolveRelease> {
  return text.trim() === '' ? { release: otherwise, problems: [] } : resolveRelease({ value: text.trim(), source: SOURCE });
}

/** What one release changed: a minor against the minor before, a patch against the patch before. */
function alone(text: string): ReleaseRange {
  const { release, problems } = resolve(text);
  const [major, minor] = release.split('.');
  const named = /\d+\.\d+\.\d+/.test(text);
  const before = named ? KNOWN[position(release) - 1] : newestPatch(`${major}.${Number(minor) - 1}`);
  if (before === undefined) throw refused(`nothing is known before ${text}; name a range, such as ${text}..${NEWEST}`);
  return { from: before, to: release, problems };
}

function refused(reason: string): ProblemError {
  return new ProblemError([problem('bad-option', SOURCE, { reason })]);
}
