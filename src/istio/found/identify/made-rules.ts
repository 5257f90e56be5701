/** The rules that kinds of release make of proposals. */

import type { Family } from '../../../netfilter/family.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { rulesetsFor } from '../../plan/rulesets.ts';
import type { Kind } from '../../releases/kinds.ts';
import type { Proposal } from './proposal.ts';

// Of some twenty pods that differ: what all kinds of release make of one takes 600 kB.
const MOST_KEPT = 1000;

const kept = new Map<string, Readonly<Record<Family, Ruleset>>>();

/** Made once: most pods of a node are told the same, and the rules of each are compared with what every kind of release makes. */
export function madeRules({ profile }: Kind, { values, switches, facts }: Proposal): Readonly<Record<Family, Ruleset>> {
  const key = JSON.stringify([profile.release, values, switches, facts]);
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = rulesetsFor(values, switches, profile, facts);
  if (kept.size === MOST_KEPT) kept.clear();
  kept.set(key, made);
  return made;
}
