/** What is known of Istio's own tables of nft; most pods have none. */

import type { NftRuleset } from '../../netfilter/nft/ruleset.ts';
import type { Ruleset } from '../../netfilter/rule.ts';

export interface NativeTables {
  readonly nft: NftRuleset;
  /** What packets of IPv4 meet of them, and of IPv6. */
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  /** What nft said of everything, to put them back as they were. */
  readonly json?: string;
}

export const NO_NATIVE: NativeTables = { nft: { tables: [] }, ip: { family: 'ip', tables: [] }, ip6: { family: 'ip6', tables: [] } };
