/** What comes nearest to rules that no release makes. */

import type { Observation } from '../../../netfilter/observation.ts';
import { rulesOfBoth } from '../../../netfilter/rule.ts';
import { ruleKinds } from '../../releases/kinds.ts';
import { distinct } from '../ownership/rule-values.ts';
import type { BothFamilies, Candidates } from './candidates.ts';
import { candidatesFor, firstReadings } from './candidates.ts';
import type { Match } from './matches.ts';
import { matchesOf } from './matches.ts';
import { movesFor } from './moves.ts';
import { asPrinted } from './printed.ts';
import type { Proposal } from './proposal.ts';
import type { Rated } from './rating.ts';
import { byRating, cost, rate, textOf } from './rating.ts';

// A reading that is far worse than the best one does not come nearer than it.
const WORTH_REFINING = 5;
const MOST_REFINED = 4;
// Every change is a comparison, and of more rules one takes too long.
const MOST_RULES_REFINED = 2000;

/** The fewest differences, then the most ordinary settings; of these, the newest release first. */
export function nearestMatches(observed: Observation, observedRules: BothFamilies): readonly Match[] {
  const starts = ruleKinds().map((kind) => {
    const candidates = candidatesFor(observedRules, kind.profile).map(distinct);
    const read = firstReadings(observedRules, candidates, kind.profile);
    const rated = (proposal: Proposal): Rated => rate(observed, kind, proposal);
    const best = read.map(rated).reduce((a, b) => (byRating(b, a) < 0 ? b : a));
    // What was printed is surer than what was read, and how ordinary it is says nothing.
    const printed = asPrinted(observed, read, kind.profile)
      .map(rated)
      .find((one) => cost(one) <= cost(best));
    return { candidates, start: printed ?? best, isTold: printed !== undefined };
  });
  // The later of equal ones wins: the newest release.
  const different = [...new Map(starts.map((one) => [`${JSON.stringify(one.start.proposal)}\n${textOf(one.start)}`, one])).values()];
  const least = Math.min(...different.map(({ start }) => cost(start)));
  const refined = different
    .filter(({ start }) => cost(start) <= least + WORTH_REFINING)
    .sort((a, b) => byRating(a.start, b.start))
    .slice(0, MOST_REFINED)
    .map(({ candidates, start, isTold: isPrinted }) => {
      const better = rulesOfBoth(observed).length > MOST_RULES_REFINED ? start : refine(observed, start, candidates);
      return isPrinted && cost(better) >= cost(start) ? start : better;
    });
  const best = refined.toSorted(byRating)[0];
  if (best === undefined) return [];
  return matchesOf(
    observed,
    refined.filter((one) => byRating(one, best) === 0),
    starts.map(({ start }) => start),
  );
}

/** Changes a proposal for the better until no single change helps any more. */
function refine(observed: Observation, start: Rated, candidates: Candidates): Rated {
  const moves = movesFor(candidates, start.kind.profile);
  const seen = new Set([JSON.stringify(start.proposal)]);
  let best = start;
  for (let at = 0, inVain = 0; inVain < moves.length; at = (at + 1) % moves.length) {
    const proposal = moves[at]?.(best.proposal);
    const text = JSON.stringify(proposal);
    const tried = proposal === undefined || seen.has(text) ? best : rate(observed, best.kind, proposal);
    seen.add(text);
    inVain = byRating(tried, best) < 0 ? 0 : inVain + 1;
    if (inVain === 0) best = tried;
  }
  return best;
}
