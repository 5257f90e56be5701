/** Releases by the settings that fit them. */

import type { Difference } from '../../../netfilter/compare/difference.ts';
import type { Observation } from '../../../netfilter/observation.ts';
import type { Kind } from '../../releases/kinds.ts';
import type { Release } from '../../releases/known.ts';
import { position } from '../../releases/known.ts';
import { nonDefaultIn } from './plausibility.ts';
import type { Proposal } from './proposal.ts';
import { ordinaryValues } from './proposal.ts';
import type { Rated } from './rating.ts';
import { byRating, rate, textOf } from './rating.ts';

/** Settings, and the releases that make the same of them. */
export interface Match {
  readonly proposal: Proposal;
  /** Oldest first. */
  readonly releases: readonly Release[];
  /** From what the releases make (left) to what is seen (right); none where they make just that. */
  readonly differences: readonly Difference[];
}

/**
 * The matches of kinds of release, each with the settings that fit it, the most ordinary and then the newest first.
 * With the settings of the newest go all that make the same of them, unless their own are less odd. Kinds of `others`
 * only go with those.
 */
export function matchesOf(observed: Observation, found: readonly Rated[], others: readonly Rated[] = []): readonly Match[] {
  const groups: Group[] = [];
  const fits = (own: Rated, { first, text }: Group, mostUnusual: number): boolean => {
    const there = JSON.stringify(first.proposal) === JSON.stringify(own.proposal) ? own : rate(observed, own.kind, first.proposal);
    if (textOf(there) !== text) return false;
    if (there.nonDefault <= mostUnusual) return true;
    // A setting that leaves no trace may have another value where injectors differ.
    const usual = rate(observed, own.kind, withOrdinary(first, own.kind));
    return usual.nonDefault <= mostUnusual && textOf(usual) === text;
  };
  for (const own of newestFirst(found)) {
    const group = groups.find((one) => fits(own, one, own.nonDefault));
    if (group === undefined) groups.push({ first: own, text: textOf(own), kinds: [own.kind] });
    else group.kinds.push(own.kind);
  }
  const joined = new Set(groups.flatMap(({ kinds }) => kinds));
  for (const own of newestFirst(others.filter(({ kind }) => !joined.has(kind))))
    groups.find((one) => fits(own, one, Number.POSITIVE_INFINITY))?.kinds.push(own.kind);
  return groups
    .sort((a, b) => byRating(a.first, b.first))
    .map(({ first: { proposal, differences }, kinds }) => ({
      proposal,
      differences,
      releases: kinds.flatMap(({ releases }) => releases).sort((a, b) => position(a) - position(b)),
    }));
}

/** Kinds of release that make the same, differences included, of the settings of the first. */
interface Group {
  readonly first: Rated;
  readonly text: string;
  readonly kinds: Kind[];
}

/** What an injector of another kind of release would have passed with the same odd settings. */
function withOrdinary({ proposal, kind }: Rated, other: Kind): Proposal {
  const nonDefault = nonDefaultIn(proposal, kind.profile).settings.map((key) => [key, proposal.values[key]]);
  return { ...proposal, values: { ...ordinaryValues(other.profile), ...Object.fromEntries(nonDefault) } };
}

function newestFirst(rated: readonly Rated[]): readonly Rated[] {
  const newest = ({ kind }: Rated): number => position(kind.releases.at(-1) ?? '');
  return rated.toSorted((a, b) => newest(b) - newest(a));
}
