/** The rules that kinds of release make of proposals. */

import type { Family } from '../../../netfilter/family.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { rulesIn } from '../../../netfilter/rule.ts';
import { rulesetsFor } from '../../plan/rulesets.ts';
import type { Kind } from '../../releases/kinds.ts';
import { Memo } from '../memo.ts';
import type { Proposal } from './proposal.ts';

// Of some twenty pods that differ, 10 MB: what all kinds of release make of one are 3,000 rules.
const MADE = new Memo<Readonly<Record<Family, Ruleset>>>(60_000, ({ ip, ip6 }) => rulesIn(ip).length + rulesIn(ip6).length);

/** What a kind of release makes of a proposal, in normal form. */
export function madeRules({ profile }: Kind, { values, switches, facts }: Proposal): Readonly<Record<Family, Ruleset>> {
  return MADE.get(JSON.stringify([profile.release, values, switches, facts]), () => rulesetsFor(values, switches, profile, facts));
}
