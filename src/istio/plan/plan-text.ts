/** All that a plan makes, as one text: equal texts are equal rules and routing. */

import { printNft } from '../../netfilter/nft/print.ts';
import { printRestore } from '../../netfilter/print.ts';
import type { CapturePlan } from './plan.ts';
import { printRoutingCommands } from './routing.ts';

/** The rules of iptables and of nft, and the routing; not their reasons. */
export function planText(plan: CapturePlan): string {
  return [printRestore(plan.ip), printRestore(plan.ip6), printNft(plan), ...printRoutingCommands(plan.routing)].join('\n');
}
