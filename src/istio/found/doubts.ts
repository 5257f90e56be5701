/** What was not seen of a state, and which answer is left: whose rules these are, and whether they are right, may rest on it. */

import type { Observation } from '../../netfilter/observation.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import { bearing, hidesRules, isAroundExcerpt, isDoubt } from '../../netfilter/unseen.ts';
import { isSidecarChain } from './ownership/chain-names.ts';

/** Rules that could not be read, and may be Istio's or stand in its way: all but those of chains that others made. */
export function unreadRules({ unseen }: Pick<Observation, 'unseen'>): readonly Unseen[] {
  return bearing(unseen).filter(
    (one) =>
      hidesRules(one) &&
      (one.chain === undefined || one.table === undefined || isBuiltIn(one.table, one.chain) || isSidecarChain(one.table, one.chain)),
  );
}

/** What an answer about a state rests on. */
export interface Judgement {
  readonly unseen: readonly Unseen[];
  /** The rules that were compared differ from those that should be there. */
  readonly differs: boolean;
  /** What should be there was itself read from these rules. */
  readonly inferred: boolean;
  /** There is a finding that is more than a note. */
  readonly hasFailures: boolean;
}

/**
 * Whether rules are right, as far as that is certain. A difference between chains that were read is certain whatever else was not read,
 * if what should be there is known from elsewhere; nothing else is as long as rules were not read.
 */
export function judgementOf({ unseen, differs, inferred, hasFailures }: Judgement): 'right' | 'wrong' | 'unknown' {
  const rules = unreadRules({ unseen });
  const placed = rules.every(
    ({ table, chain, lines, except }) => table !== undefined && (chain !== undefined || lines !== undefined || except !== undefined),
  );
  // Of a table that is shown in part, what lacks may stand in the rest.
  const excerpt = unseen.some(isAroundExcerpt);
  if (excerpt && inferred && (differs || hasFailures)) return 'unknown';
  if (differs && (rules.length === 0 || (placed && !inferred))) return 'wrong';
  if (hasFailures && rules.length === 0) return 'wrong';
  return rules.length > 0 || bearing(unseen).some((one) => !hidesRules(one) && isDoubt(one)) ? 'unknown' : 'right';
}
