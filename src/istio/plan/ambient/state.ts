/** What stands in a network namespace before and after the node agent's steps. */

import type { Family } from '../../../netfilter/family.ts';
import type { NftRuleset } from '../../../netfilter/nft/ruleset.ts';
import { NO_NFT } from '../../../netfilter/nft/ruleset.ts';
import type { SetElement } from '../../../netfilter/rule/nft-set.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { ProblemError } from '../../problems.ts';
import type { Profile } from '../../releases/profile.ts';
import type { Routing } from '../routing.ts';
import { NO_ROUTING } from '../routing.ts';
import type { AmbientKnobs } from './knobs.ts';
import { agentFails } from './knobs.ts';

/** A set of addresses as ipset has it. */
export interface AddressSet {
  readonly name: string;
  readonly family: Family;
  /** Whether its elements can have comments. */
  readonly comments: boolean;
  readonly elements: readonly SetElement[];
}

/** The tables of iptables by family, those of nft, the sets of ipset, and the policy routing. */
export interface AmbientState {
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  readonly nft: NftRuleset;
  readonly ipsets: readonly AddressSet[];
  readonly routing: Routing;
}

/** A namespace in which nobody did anything. */
export const EMPTY_STATE: AmbientState = {
  ip: { family: 'ip', tables: [] },
  ip6: { family: 'ip6', tables: [] },
  nft: NO_NFT,
  ipsets: [],
  routing: NO_ROUTING,
};

/** The agent of a release with its knobs. */
export interface Agent {
  readonly knobs: AmbientKnobs;
  readonly profile: Profile;
}

/** A step that failed: the steps after it are not taken, and what it and those before it did is there all the same. */
export class AmbientFailure extends ProblemError {
  readonly left: AmbientState;

  constructor({ profile }: Agent, reason: string, left: AmbientState) {
    super(agentFails(profile.release, reason).problems);
    this.name = 'AmbientFailure';
    this.left = left;
  }
}
