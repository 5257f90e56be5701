/** The node's rules: health checks of the kubelet to pods of the mesh get a source by which the pods know them. */

import type { Network } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { NftRule, NftTable } from '../../../netfilter/nft/ruleset.ts';
import { match } from '../../../netfilter/rule/match.ts';
import type { Target } from '../../../netfilter/rule/target.ts';
import type { Because } from '../../../netfilter/rule.ts';
import type { Profile } from '../../releases/profile.ts';
import { jump, TCP } from '../rules/parts.ts';
import type { Step } from '../rules/step.ts';
import { append, insert } from '../rules/step.ts';
import { setName } from './address-sets.ts';

const TEXT = 'Health checks of the kubelet get the address by which pods know them.';

function snat(to: Network): Target {
  return { kind: 'SNAT', value: { to: to.address } };
}

/** The rules of iptables on the node, for one family. */
export function hostRules(family: Family, probe: Network, profile: Profile): readonly Step[] {
  const reason = { id: 'nat.ambient-jump-postrouting', text: 'What the node sends goes through a chain of its own.', settings: [] };
  const entry = profile.has('ambientJumpFirst')
    ? insert(1, 'nat', 'POSTROUTING', [], jump('ISTIO_POSTRT'), reason)
    : append('nat', 'POSTROUTING', [], jump('ISTIO_POSTRT'), reason);
  const words = [
    TCP,
    { kind: 'opaque', text: '-m owner --socket-exists' } as const,
    { kind: 'opaque', text: `-m set --match-set ${setName(family, profile)} dst` } as const,
  ];
  return [entry, append('nat', 'ISTIO_POSTRT', words, snat(probe), { id: 'nat.ambient-probe-source', text: TEXT, settings: [] })];
}

/** The node's rules of nft; their sets of addresses stand in the same table. */
export function hostTable(families: readonly Family[], probe: (family: Family) => Network, kubelet: number, profile: Profile): NftTable {
  const because: Because = { text: TEXT, settings: [] };
  const rule = (family: Family): NftRule => ({
    matches: [
      TCP,
      match('uid-owner', { first: kubelet, last: kubelet }),
      { kind: 'opaque', text: `${family} daddr @${setName(family, profile)}` },
    ],
    target: snat(probe(family)),
    counted: true,
    id: `nat.ambient-probe-source.${family}`,
    because,
  });
  const base = { type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' } as const;
  return { family: 'inet', name: 'istio-ambient-nat', sets: [], chains: [{ name: 'postrouting', base, rules: families.map(rule) }] };
}
