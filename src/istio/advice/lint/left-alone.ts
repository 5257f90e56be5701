/** What outbound settings leave alone. */

import { networkRange } from '../../../netfilter/address/address.ts';
import type { Network } from '../../../netfilter/address/network.ts';
import { addressBits } from '../../../netfilter/address/network.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { Destination } from '../../kubernetes/destinations.ts';
import type { SettingValues } from '../../settings/settings.ts';

/** Whether ranges together hold every address of a family: `0.0.0.0/0`, or `0.0.0.0/1` and `128.0.0.0/1`. */
export function excludesFamily(ranges: readonly Network[], family: Family): boolean {
  const own = ranges
    .filter((range) => range.family === family)
    .map((range) => networkRange(range))
    .map(({ first, last }) => ({ first: BigInt(first), last: BigInt(last) }))
    .sort((a, b) => (a.first < b.first ? -1 : 1));
  let next = 0n;
  for (const { first, last } of own) if (first <= next && last >= next) next = last + 1n;
  return next === 1n << BigInt(addressBits(family));
}

/** Whether a connection goes past the rules; of a name nobody knows the address. */
export function isLeftAlone({ address, port }: Destination, values: SettingValues): 'yes' | 'no' | 'unknown' {
  const within = (ports: SettingValues['outbound.excludePorts']): boolean =>
    port !== undefined && ports.some((range) => 'first' in range && range.first <= port && port <= range.last);
  const holds = (ranges: readonly Network[]): boolean => address !== undefined && ranges.some((range) => includes(range, address));
  if (within(values['outbound.excludePorts']) || holds(values['outbound.excludeRanges'])) return 'yes';
  if (address === undefined && values['outbound.excludeRanges'].length > 0) return 'unknown';
  if (within(values['outbound.includePorts'])) return 'no';
  const included = values['outbound.includeRanges'];
  if (included === '*') return port === undefined && values['outbound.excludePorts'].length > 0 ? 'unknown' : 'no';
  if (address === undefined) return 'unknown';
  return holds(included) ? 'no' : 'yes';
}

function includes(range: Network, address: Network): boolean {
  if (range.family !== address.family) return false;
  const [outer, inner] = [networkRange(range), networkRange(address)];
  return outer.first <= inner.first && inner.last <= outer.last;
}
