/** What readers of Istio's rules call addresses and owners. */

import { networkRange } from '../../../netfilter/address/address.ts';
import { parseNetwork } from '../../../netfilter/address/network.ts';
import { subtract } from '../../../netfilter/address/ranges.ts';
import type { NamedAddresses } from '../../../netfilter/behavior/address-words.ts';
import type { Names } from '../../../netfilter/behavior/words.ts';
import type { Family } from '../../../netfilter/family.ts';
import type { OwnerRange } from '../../../netfilter/numbers.ts';
import { prepareHost } from '../../../netfilter/trace/prepare-host.ts';
import { withNumbers } from '../../settings/name-resolution.ts';
import { valuesOf } from '../../settings/settings.ts';
import type { PodNetwork } from '../pod-network.ts';
import { operandOf } from './operand.ts';

/** The names that fit the scenes of both sides. */
export function namesFor(podNetworks: readonly PodNetwork[], family: Family): Names {
  const values = podNetworks.map(({ plan, facts }) => withNumbers(valuesOf(plan.settings), facts));
  const users = ids(values.flatMap((one) => one['proxy.uids']));
  const groups = ids(values.flatMap((one) => one['proxy.gids']));
  return {
    addresses: podNetworks.slice(0, 1).flatMap((podNetwork) => addressNames(podNetwork, family)),
    machine: 'the pod',
    users: new Map(users.map((id) => [id, `the proxy (uid ${id})`])),
    groups: new Map(groups.map((id) => [id, `the proxy's group (gid ${id})`])),
    others: { users, groups, words: 'the app' },
  };
}

function ids(ranges: readonly OwnerRange[]): readonly number[] {
  return [...new Set(ranges.flatMap((range) => ('first' in range && range.first === range.last ? [range.first] : [])))].sort(
    (a, b) => a - b,
  );
}

function addressNames(podNetwork: PodNetwork, family: Family): readonly NamedAddresses[] {
  const host = prepareHost(operandOf(podNetwork, family).host, family);
  const own = [...host.addresses]
    .flatMap(([name, values]) => (name === 'lo' ? [] : values))
    .map((value) => ({ first: value, last: value }));
  return [
    named('localhost', family === 'ip' ? '127.0.0.1' : '::1'),
    { name: 'loopback', ranges: host.loopback },
    { name: own.length === 1 ? "the pod's own address" : "the pod's own addresses", ranges: own },
    { name: 'the pod itself', ranges: host.local },
    { name: 'other machines', ranges: subtract(host.everywhere, host.local) },
    { name: 'any address that is not loopback', ranges: host.outside },
  ];
}

function named(name: string, address: string): NamedAddresses {
  const network = parseNetwork(address);
  return { name, ranges: network === null ? [] : [networkRange(network)] };
}
