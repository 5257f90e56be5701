/** Where base chains hang: those of iptables' tables at known places, those of nft where they say. */

import type { BaseChain, Chain, Table } from '../rule.ts';
import { BUILT_IN_CHAINS } from '../rule.ts';

/** Where iptables-nft hangs the chains of each table, and which kind they are of (`xtables_ipv4` in iptables' nft.c). */
const IPTABLES: Readonly<Record<string, { readonly type: BaseChain['type']; readonly priority: number }>> = {
  raw: { type: 'filter', priority: -300 },
  mangle: { type: 'filter', priority: -150 },
  nat: { type: 'nat', priority: -100 },
  filter: { type: 'filter', priority: 0 },
  security: { type: 'filter', priority: 150 },
};

/** Conntrack looks a packet up at this priority (NF_IP_PRI_CONNTRACK), where it comes in and where it is made. */
export const CONNTRACK = -200;

/**
 * Which table of iptables a chain is like, for what its targets may do: only chains of nat translate, and a zone counts
 * only before conntrack has looked.
 */
export type ChainKind = 'raw' | 'mangle' | 'nat' | 'filter' | 'security';

/** Where a chain hangs, or undefined for one that is only jumped to. */
export function baseOf(
  { name: table, nft }: Pick<Table, 'name' | 'nft'>,
  { name, base }: Pick<Chain, 'name' | 'base'>,
): BaseChain | undefined {
  if (nft !== undefined) return base;
  const known = IPTABLES[table];
  if (known === undefined || BUILT_IN_CHAINS[table]?.includes(name) !== true) return undefined;
  const type = table === 'mangle' && name === 'OUTPUT' ? 'route' : known.type;
  // Sources are translated after filter, destinations before it.
  const priority = table === 'nat' && (name === 'INPUT' || name === 'POSTROUTING') ? -known.priority : known.priority;
  return { type, hook: name.toLowerCase(), priority, policy: 'accept' };
}

export function chainKindOf(table: Pick<Table, 'name' | 'nft'>, base: BaseChain | undefined): ChainKind {
  if (table.nft === undefined) return table.name as ChainKind;
  if (base?.type === 'nat') return 'nat';
  return base !== undefined && base.priority < CONNTRACK ? 'raw' : 'mangle';
}
