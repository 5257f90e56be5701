/** What was not read of a state, as far as whose rules these are, and whether they are right, may rest on it. */

import type { Observation } from '../../netfilter/observation.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import { bearing, hidesRules } from '../../netfilter/unseen.ts';
import { isSidecarChain } from './ownership/chain-names.ts';

/** Rules that could not be read, and may be Istio's or stand in its way: all but those of chains that others made. */
export function doubtsAboutOurs({ unseen }: Pick<Observation, 'unseen'>): readonly Unseen[] {
  return bearing(unseen).filter(
    (one) =>
      hidesRules(one) &&
      (one.chain === undefined || one.table === undefined || isBuiltIn(one.table, one.chain) || isSidecarChain(one.table, one.chain)),
  );
}

/** How many lines those are; 0 where it is not a matter of lines. */
export function linesIn(unseen: readonly Unseen[]): number {
  return unseen.reduce((sum, { lines = [] }) => sum + lines.length, 0);
}
