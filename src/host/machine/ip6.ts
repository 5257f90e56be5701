/** Whether this network namespace has IPv6. */

import { parseNetwork } from '../../netfilter/address/network.ts';
import { parseIfInet6 } from '../facts.ts';
import { system } from '../system.ts';
import type { Aspect } from './aspect.ts';
import { fine } from './aspect.ts';

/** What /proc tells of IPv6; undefined where it has no such file. */
export interface Ip6Files {
  /** /proc/net/if_inet6 */
  readonly interfaces: string | undefined;
  /** /proc/sys/net/ipv6/conf/all/disable_ipv6 */
  readonly disabled: string | undefined;
}

function ip6Files(): Ip6Files {
  return { interfaces: system.readText('/proc/net/if_inet6'), disabled: system.readText('/proc/sys/net/ipv6/conf/all/disable_ipv6') };
}

export function ip6Aspect({ interfaces, disabled }: Ip6Files = ip6Files()): Aspect {
  if (interfaces === undefined) return fine('IPv6', 'this kernel has none: no rules are needed, and ip6tables is not touched');
  const addresses = parseIfInet6(interfaces);
  const global = addresses.filter((address) => !/^fe[89ab]/.test(address));
  if (global.length > 0) return fine('IPv6', `on: ${global.map(short).join(', ')}`);
  if (disabled?.trim() === '1') return fine('IPv6', 'switched off here by sysctl (net.ipv6.conf.all.disable_ipv6=1)');
  return fine('IPv6', `on, without an address${addresses.length > 0 ? ' but link-local ones' : ''}: IPv4 rules are enough`);
}

/** `fd00:0001:0000:0000:0000:0000:0000:0003/64` as people write it. */
function short(address: string): string {
  const [bare = ''] = address.split('/');
  return parseNetwork(bare)?.address ?? address;
}
