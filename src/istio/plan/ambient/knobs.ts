/** What the node agent of the ambient mode can be told, and since when: one table. */

import type { Network } from '../../../netfilter/address/network.ts';
import { parseNetwork } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import { FAMILY_NAMES } from '../../../netfilter/family.ts';
import type { Origin } from '../../origin.ts';
import type { Problem } from '../../problems.ts';
import { notAValue, ProblemError, problem } from '../../problems.ts';
import type { ChangeName, Profile } from '../../releases/profile.ts';

/** One thing that the agent does. */
export type AmbientStep = 'create' | 'delete' | 'set' | 'add' | 'remove' | 'flush' | 'destroy';

/** The settings of the agent for one pod, or for its node. */
export interface AmbientKnobs {
  readonly backend?: 'iptables' | 'nftables';
  /** The rules in a pod, or those of the node for health checks of the kubelet. */
  readonly where?: 'pod' | 'host';
  readonly ipv6?: boolean;
  readonly dns?: boolean;
  /** TPROXY instead of REDIRECT for what arrives; the release's default where it is left out. */
  readonly tproxy?: boolean;
  /** `ambient.istio.io/bypass-inbound-capture: "true"`. */
  readonly ingress?: boolean;
  /** `istio.io/reroute-virtual-interfaces`. */
  readonly virtualInterfaces?: readonly string[];
  /** `ambient.istio.io/dns-capture`; follows `dns` where it is left out. */
  readonly podDNS?: 'on' | 'off';
  readonly reconcile?: boolean;
  /** The address that stands for the kubelet. */
  readonly probeV4?: string;
  readonly probeV6?: string;
  /** The addresses of the node's pods, for the steps `add` and `remove`. */
  readonly podIPs?: readonly string[];
  /** The user of the process named kubelet, for the node's rules with nftables; null where there is none. */
  readonly kubelet?: number | null;
  /** What is done, in order; where it is left out, what brings the rules about. */
  readonly steps?: readonly AmbientStep[];
}

type Needs = { readonly [K in keyof AmbientKnobs]?: (value: NonNullable<AmbientKnobs[K]>) => ChangeName | undefined };

/** The change that brought a knob, or one value of it. */
const NEEDS: Needs = {
  backend: (value) => (value === 'nftables' ? 'ambientNftables' : undefined),
  ipv6: (value) => (value ? 'ambientIp6' : undefined),
  tproxy: (value) => (value ? 'ambientTproxy' : 'ambientRedirect'),
  ingress: (value) => (value ? 'ambientIngress' : undefined),
  virtualInterfaces: (value) => (value.length > 0 ? 'ambientPodKnobs' : undefined),
  podDNS: () => 'ambientPodKnobs',
  reconcile: (value) => (value ? 'ambientPodKnobs' : undefined),
  probeV6: () => 'ambientIp6',
};

const SOURCE: Origin = { kind: 'option', option: 'knobs' };

/** Throws a ProblemError for what the release does not know, or no agent could use. */
export function checkKnobs(knobs: AmbientKnobs, { release, has }: Profile): void {
  if (!has('ambientInPod')) throw new ProblemError([problem('no-ambient', SOURCE, { release })]);
  const problems = (Object.keys(NEEDS) as (keyof typeof NEEDS)[]).flatMap((key): readonly Problem[] => {
    const value = knobs[key];
    const needs = value === undefined ? undefined : (NEEDS[key] as (value: unknown) => ChangeName | undefined)(value);
    return needs === undefined || has(needs) ? [] : [problem('no-knob', SOURCE, { name: key, value: JSON.stringify(value), release })];
  });
  const all = [...problems, ...badAddress('probeV4', knobs.probeV4, 'ip'), ...badAddress('probeV6', knobs.probeV6, 'ip6')];
  if (all.length > 0) throw new ProblemError(all);
}

function badAddress(name: string, text: string | undefined, family: 'ip' | 'ip6'): readonly Problem[] {
  if (text === undefined || (!text.includes('/') && parseNetwork(text)?.family === family)) return [];
  return [notAValue(name, { value: text, source: SOURCE }, `an address of ${FAMILY_NAMES[family]}`)];
}

/** A refusal of the agent, or of what it calls. */
export function agentFails(release: string, reason: string): ProblemError {
  return new ProblemError([problem('ambient-fails', SOURCE, { release, reason })]);
}

/** Where the kubelet's health checks seem to come from, unless the agent is told otherwise. */
export const PROBE: Readonly<Record<Family, string>> = { ip: '169.254.7.127', ip6: 'fd16:9254:7127:1337:ffff:ffff:ffff:ffff' };

/** The address that stands for the kubelet. */
export function probeOf(family: Family, { probeV4 = PROBE.ip, probeV6 = PROBE.ip6 }: AmbientKnobs): Network {
  return parseNetwork(family === 'ip' ? probeV4 : probeV6) as Network;
}
