/** What a plan has to know of the pod that its settings don't say. */

import type { Network } from '../../netfilter/address/network.ts';
import { addressBits, parseNetwork } from '../../netfilter/address/network.ts';
import type { Family } from '../../netfilter/family.ts';
import type { Profile } from '../releases/profile.ts';
import type { SettingValues } from './settings.ts';
import type { Switches } from './switches.ts';

export interface ProxyOwner {
  readonly uid?: number;
  readonly gid?: number;
}

export interface Facts {
  /** Addresses of the pod's interfaces in their order, loopback left out; without any the pod has IPv4 only. */
  readonly addresses?: readonly string[];
  /** Interfaces with their addresses, that of the cluster's network first, where a source tells which has which. */
  readonly interfaces?: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Containers beside the proxy, with the user and group that their manifest gives them; what the image decides is left out. */
  readonly containers?: readonly { readonly name: string; readonly uid?: number; readonly gid?: number }[];
  /** Who the sidecar runs as, where a manifest says it: the rules may be made for somebody else. */
  readonly proxy?: ProxyOwner;
  /** The control plane has the proxy of an IPv6-only pod listen on IPv4 as well, for outbound traffic. */
  readonly listensOnIp4?: boolean;
  /** The nameservers of the pod's resolv.conf; undefined where they are not known. */
  readonly nameservers?: readonly string[];
  /** Numbers of services, users and groups, by name. */
  readonly services?: Readonly<Record<string, number>>;
  readonly users?: Readonly<Record<string, number>>;
  readonly groups?: Readonly<Record<string, number>>;
}

/**
 * Whether the release's program makes IPv6 rules for a pod with these addresses. It decides by the
 * first address; with dual stack, a later IPv6 address counts as well.
 */
export function needsIp6(facts: Facts, values: SettingValues, switches: Switches, profile: Profile): boolean {
  if (!profile.has('rules6')) return false;
  if (profile.has('shellProgram') && switches.inbound6) return true;
  const counted = countedAddresses(facts.addresses ?? [], profile);
  if (profile.has('dualStack') && values.dualStack) return counted.some((network) => network.family === 'ip6');
  return counted[0]?.family === 'ip6';
}

/** Whether a pod's addresses are known, and none of them is one that the release's program looks at: then it fails. */
export function lacksAddress({ addresses }: Facts, profile: Profile): boolean {
  return addresses !== undefined && profile.has('goFlags') && countedAddresses(addresses, profile).length === 0;
}

// GetLocalIP of every release passes loopback addresses over, wherever they stand.
function countedAddresses(addresses: readonly string[], profile: Profile): readonly Network[] {
  const networks = addresses.map(parseNetwork).filter((network) => network !== null && !isOfLoopback(network)) as readonly Network[];
  return profile.has('linkLocalSkipped') ? networks.filter((network) => !isLinkLocal(network)) : networks;
}

function isLinkLocal({ family, address }: Network): boolean {
  return family === 'ip' ? address.startsWith('169.254.') : /^fe[89ab]/.test(address);
}

function isOfLoopback({ family, address, prefix }: Network): boolean {
  return family === 'ip' ? address.startsWith('127.') : address === '::1' && prefix === addressBits('ip6');
}

/** The nameservers of one family; what is no address is dropped. */
export function serversOf(family: Family, facts: Facts): readonly Network[] {
  return (facts.nameservers ?? []).flatMap((text) => {
    const network = parseNetwork(text.replace(/%.*$/, ''));
    if (network === null || network.prefix !== addressBits(network.family)) return [];
    return network.family === family ? [network] : [];
  });
}
