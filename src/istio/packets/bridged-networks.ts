/**
 * Networks that the rules of others say to be behind an interface: what makes a bridge for containers has their packets
 * leave by another interface with this machine's address (`-s 172.17.0.0/16 ! -o docker0 -j MASQUERADE`).
 */

import { printNetwork } from '../../netfilter/address/network.ts';
import type { Rule, Ruleset } from '../../netfilter/rule.ts';
import { rulesIn } from '../../netfilter/rule.ts';
import type { NetworkBehind } from '../../netfilter/trace/host.ts';

/** Docker, podman and the bridge plugin of CNI write such a rule for each bridge. */
export function bridgedNetworks({ tables }: Ruleset): readonly NetworkBehind[] {
  const nat = tables.filter(({ name }) => name === 'nat');
  return rulesIn({ tables: nat }).flatMap((rule) => behind(rule) ?? []);
}

function behind({ matches, target }: Rule): NetworkBehind | undefined {
  if (target.kind !== 'opaque' || target.name !== 'MASQUERADE') return undefined;
  const conditions = matches.filter(({ kind }) => kind !== 'comment');
  const [source, out] = conditions;
  if (conditions.length !== 2 || source?.kind !== 'source' || source.negated) return undefined;
  if (out?.kind !== 'out-interface' || !out.negated || out.value.endsWith('+')) return undefined;
  return { network: printNetwork(source.value), interface: out.value };
}
