/** A pod in ambient mode: its proxy is ztunnel, in the pod's network with sockets of its own, and it has no agent. */

import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { LocalByMark } from '../../netfilter/trace/host.ts';
import { hasPodChains, hasSidecarChains } from '../found/ownership/mode-chains.ts';
import type { Owner } from './pod.ts';
import type { ProxyPorts } from './verdict.ts';
import { TUNNEL_PORT } from './verdict.ts';

/** The mark by which the rules know what ztunnel itself sends (`InpodMark` in cni/pkg/iptables); they ask for the lower 12 bits. */
export const ZTUNNEL_MARK = 0x539;

/** ztunnel runs as root: no rule asks for its user. */
export const ZTUNNEL_OWNER: Owner = { uid: 0, gid: 1337 };

export const ZTUNNEL_PORTS: ProxyPorts = { of: 'ztunnel', outbound: 15001, inbound: 15006, dns: [15053] };

/** Those on which it listens transparently, for TPROXY. */
export const ZTUNNEL_SOCKETS: readonly number[] = [15006, TUNNEL_PORT];

/** Answers that ztunnel gets in place of the client, from whose address it calls the application, come back by this mark. */
export const ZTUNNEL_ROUTING: readonly LocalByMark[] = FAMILIES.map((family) => ({ family, mark: 0x111, mask: 0xfff }));

/** Whether rules are those of the node agent in an ambient pod, with none of a sidecar's beside them. */
export function isAmbient(rules: Readonly<Record<Family, Ruleset>>): boolean {
  return !hasSidecarChains(rules) && hasPodChains(rules);
}
