/** The node's rules: health checks of the kubelet to pods of the mesh get a source by which the pods know them. */

import type { Family } from '../../../netfilter/family.ts';
import { match } from '../../../netfilter/match.ts';
import type { Network } from '../../../netfilter/network.ts';
import { parseNetwork } from '../../../netfilter/network.ts';
import type { NftRule, NftSet, NftTable, SetElement } from '../../../netfilter/nft/ruleset.ts';
import type { Because } from '../../../netfilter/rule.ts';
import type { Target } from '../../../netfilter/target.ts';
import type { Profile } from '../../releases/profile.ts';
import { jump, TCP } from '../rules/parts.ts';
import type { Step } from '../rules/step.ts';
import { append, insert } from '../rules/step.ts';

const TEXT = 'Health checks of the kubelet get the address by which pods know them.';

function setName(family: Family, { has }: Profile): string {
  return has('ambientTwoSets') ? `istio-inpod-probes-${family === 'ip' ? 'v4' : 'v6'}` : 'istio-inpod-probes';
}

function snat(to: Network): Target {
  return { kind: 'SNAT', value: { to: to.address } };
}

/** The rules of iptables on the node, for one family. */
export function hostRules(family: Family, probe: Network, profile: Profile): readonly Step[] {
  const reason = { id: 'nat.ambient-jump-postrouting', text: 'What the node sends goes through a chain of its own.', settings: [] };
  const entry = profile.has('ambientJumpFirst')
    ? insert(1, 'nat', 'POSTROUTING', [], jump('ISTIO_POSTRT'), reason)
    : append('nat', 'POSTROUTING', [], jump('ISTIO_POSTRT'), reason);
  const asked = [
    TCP,
    { kind: 'opaque', text: '-m owner --socket-exists' } as const,
    { kind: 'opaque', text: `-m set --match-set ${setName(family, profile)} dst` } as const,
  ];
  return [entry, append('nat', 'ISTIO_POSTRT', asked, snat(probe), { id: 'nat.ambient-probe-source', text: TEXT, settings: [] })];
}

/** The elements of a family's set: IPv4-mapped addresses are put in as IPv4. */
export function elementsOf(family: Family, podIPs: readonly string[]): readonly string[] {
  const plain = podIPs.map((text) => text.replace(/^::ffff:(?=\d+\.)/i, ''));
  return [...new Set(plain.flatMap((text) => (parseNetwork(text)?.family === family ? [text] : [])))].sort();
}

/** The comment that the agent gives every element: the pod's uid, which a plan does not know. */
const UID = 'uid-of-the-pod';

/** What `ipset save` shows, sorted, without sizes. */
export function ipsetText(families: readonly Family[], podIPs: readonly string[], profile: Profile): string {
  const comments = profile.has('ambientSetComments');
  return families
    .flatMap((family) => {
      const name = setName(family, profile);
      const create = `create ${name} hash:ip family ${family === 'ip' ? 'inet' : 'inet6'}${comments ? ' comment' : ''}`;
      return [create, ...elementsOf(family, podIPs).map((address) => `add ${name} ${address}${comments ? ` comment "${UID}"` : ''}`)];
    })
    .map((line) => `${line}\n`)
    .join('');
}

const ABOUT_SET = 'UUID of the pods that are part of ambient mesh';

/** The node's table of nft; `rules` tells whether it has its chain, and whether that has its rules. */
export function hostTable(
  families: readonly Family[],
  podIPs: readonly string[],
  probes: Readonly<Record<Family, Network>>,
  kubelet: number,
  profile: Profile,
  rules: 'none' | 'empty' | 'full',
): NftTable {
  const sets = families.map((family): NftSet => {
    const elements = elementsOf(family, podIPs).map((value): SetElement => ({ value, comment: UID }));
    return { name: setName(family, profile), type: family === 'ip' ? 'ipv4_addr' : 'ipv6_addr', comment: ABOUT_SET, elements };
  });
  const because: Because = { text: TEXT, settings: [] };
  const rule = (family: Family): NftRule => ({
    matches: [
      TCP,
      match('uid-owner', { first: kubelet, last: kubelet }),
      { kind: 'opaque', text: `${family} daddr @${setName(family, profile)}` },
    ],
    target: snat(probes[family]),
    counted: true,
    id: `nat.ambient-probe-source.${family}`,
    because,
  });
  const base = { type: 'nat', hook: 'postrouting', priority: 100, policy: 'accept' } as const;
  const chains = rules === 'none' ? [] : [{ name: 'postrouting', base, rules: rules === 'full' ? families.map(rule) : [] }];
  return { family: 'inet', name: 'istio-ambient-nat', sets, chains };
}
