/** Which mode a rule set is of, by the names of its chains: a sidecar's, or the node agent's of a pod or of its node. */

import type { Family } from '../../../netfilter/family.ts';
import { FAMILIES } from '../../../netfilter/family.ts';
import type { Ruleset } from '../../../netfilter/rule.ts';
import { AMBIENT_CHAINS, isAmbientTable, isSidecarChain, SHARED_CHAIN } from './chain-names.ts';

/** The names of all chains with those of their tables. */
function placesIn(rules: Readonly<Record<Family, Ruleset>>): readonly (readonly [table: string, chain: string])[] {
  return FAMILIES.flatMap((family) =>
    rules[family].tables.flatMap(({ name: table, chains }) => chains.map(({ name }) => [table, name] as const)),
  );
}

/** Whether the node agent's chains of a pod are there: it hangs them into other hooks than those of its node. */
export function hasPodChains(rules: Readonly<Record<Family, Ruleset>>): boolean {
  return placesIn(rules).some(([table, name]) => name === AMBIENT_CHAINS[0] || (isAmbientTable(table) && name === 'istio-output'));
}

/** Whether its chains of a node are there. */
export function hasNodeChains(rules: Readonly<Record<Family, Ruleset>>): boolean {
  return placesIn(rules).some(([table, name]) => name === AMBIENT_CHAINS[1] || (isAmbientTable(table) && name === 'postrouting'));
}

/** Whether a sidecar's are there: chains that are the sidecar's alone, or its tables of nft. */
export function hasSidecarChains(rules: Readonly<Record<Family, Ruleset>>): boolean {
  return placesIn(rules).some(
    ([table, name]) => table.startsWith('inet istio-proxy-') || (name !== SHARED_CHAIN && isSidecarChain(table, name)),
  );
}
