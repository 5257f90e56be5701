/** Which releases make exactly the rules that are seen, and with which settings. */

import type { Observation } from '../../../netfilter/observation.ts';
import { isUnread } from '../../../netfilter/observation.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { ruleKinds } from '../../releases/kinds.ts';
import type { BothFamilies } from './candidates.ts';
import { candidatesFor, firstReadings } from './candidates.ts';
import type { Match } from './matches.ts';
import { matchesOf } from './matches.ts';
import { unusualness } from './plausibility.ts';
import { asPrinted } from './printed.ts';
import type { Rated } from './rating.ts';
import { isSameAs, madeBy } from './rating.ts';

/** Everything that makes exactly the rules that are seen, the most ordinary and then the newest first. */
export function exactMatches(observed: Observation, observedRules: BothFamilies): readonly Match[] {
  const counts = countsIn([observed.ip, observed.ip6], observed);
  const exact = ruleKinds().flatMap((kind): readonly Rated[] => {
    const readings = firstReadings(observedRules, candidatesFor(observedRules, kind.profile), kind.profile);
    const proposals = [...asPrinted(observed, readings, kind.profile), ...readings];
    return proposals
      .map((proposal) => ({ proposal, made: madeBy(kind, proposal, observed) }))
      .filter(({ made }) => countsIn(made, observed) === counts && isSameAs(observed, made))
      .slice(0, 1)
      .map(({ proposal }) => ({ kind, proposal, differences: [], nonDefault: unusualness(proposal, kind.profile) }));
  });
  return matchesOf(observed, exact);
}

/** The numbers of rules by chain that was read: equal where the rules are, and quicker to compare than those. */
function countsIn(rulesets: readonly Ruleset[], observed: Observation): string {
  const chains = rulesets.flatMap(({ family, tables }) =>
    tables.flatMap(({ name: table, chains: all }) =>
      all.flatMap(({ name, rules }) =>
        rules.length > 0 && !isUnread(observed, { family, table, chain: name }) ? [`${family} ${table} ${name} ${rules.length}`] : [],
      ),
    ),
  );
  return chains.sort().join();
}
