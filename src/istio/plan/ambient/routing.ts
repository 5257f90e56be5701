/** Packets of ztunnel's connections are delivered here, whatever their address: whether or not a rule can ever mark one. */

import type { Family } from '../../../netfilter/family.ts';
import type { Because } from '../../../netfilter/rule.ts';
import type { Routing } from '../routing.ts';

const BECAUSE: Because = { text: "Packets on ztunnel's connections are delivered to it by table 100.", settings: [] };

/** The policy rule and the local route of each family. */
export function ambientRouting(ip6: boolean): Routing {
  const families: readonly Family[] = ip6 ? ['ip', 'ip6'] : ['ip'];
  return {
    rules: families.map((family) => ({ family, mark: 0x111, mask: 0xfff, preference: 32764, table: 100, because: BECAUSE })),
    routes: families.map((family) => ({ family, device: 'lo', table: 100, because: BECAUSE })),
    addresses: [],
  };
}
