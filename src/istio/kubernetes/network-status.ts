/** The interfaces of a pod with several networks, as Multus writes them into an annotation. */

import { bareAddress, parseNetwork } from '../../netfilter/address/network.ts';
import type { Facts } from '../settings/facts.ts';
import type { Texts } from './manifest/workload.ts';

// The second is the name that Multus used before the specification of the Network Plumbing Working Group had one.
const ANNOTATIONS = ['k8s.v1.cni.cncf.io/network-status', 'k8s.v1.cni.cncf.io/networks-status'];

type Interfaces = NonNullable<Facts['interfaces']>;

/** Interfaces with their addresses, that of the cluster's network first; none where no annotation tells them, or it can't be read. */
export function interfacesOf(annotations: Texts): Interfaces {
  const text = ANNOTATIONS.map((name) => annotations.get(name)?.value).find((value) => value !== undefined);
  const listed = text === undefined ? [] : entriesOf(text);
  const found = listed.flatMap((entry) => {
    const name = entry['default'] === true ? String(entry['interface'] ?? 'eth0') : entry['interface'];
    const ips = Array.isArray(entry['ips']) ? entry['ips'].filter((ip) => typeof ip === 'string' && parseNetwork(ip) !== null) : [];
    if (typeof name !== 'string' || name === '') return [];
    return [{ name, addresses: ips.map((ip) => bareAddress(String(ip))), first: entry['default'] === true }];
  });
  // Without one that is said to be the default, nothing tells which of them is the cluster's.
  if (!found.some(({ first }) => first)) return [];
  return found.toSorted((a, b) => Number(b.first) - Number(a.first)).map(({ name, addresses }) => ({ name, addresses }));
}

function entriesOf(text: string): readonly Readonly<Record<string, unknown>>[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value.filter((entry) => typeof entry === 'object' && entry !== null) : [];
  } catch {
    return [];
  }
}
