/** Two namespaces joined by a cable: a pod, and someone who calls it and is called by it. */

import { execa } from 'execa';
import type { Family } from '../../src/netfilter/family.ts';
import type { Namespace, Open } from './namespace.ts';
import { inNamespace, opened } from './namespace.ts';

export interface Addresses {
  readonly pod: string;
  /** Host of the network that the pod is in. */
  readonly client: string;
  /** Behind the client: services, of which one stands for the pod itself. */
  readonly service: string;
  readonly ownService: string;
  readonly excluded: string;
  readonly nameserver: string;
  readonly otherNameserver: string;
}

/** All from ranges for documentation (RFC 5737, RFC 3849). */
export const ADDRESSES: Readonly<Record<Family, Addresses>> = {
  ip: {
    pod: '198.51.100.1',
    client: '198.51.100.2',
    service: '203.0.113.10',
    ownService: '203.0.113.11',
    excluded: '203.0.113.77',
    nameserver: '203.0.113.53',
    otherNameserver: '203.0.113.54',
  },
  ip6: {
    pod: '2001:db8:1::1',
    client: '2001:db8:1::2',
    service: '2001:db8:f::10',
    ownService: '2001:db8:f::11',
    excluded: '2001:db8:f::77',
    nameserver: '2001:db8:f::53',
    otherNameserver: '2001:db8:f::54',
  },
};

export interface Pair {
  readonly pod: Namespace;
  readonly client: Namespace;
}

/** Hands a pod and a client to `use`; removes both afterwards, also when `use` fails. */
export function inPair<R>(use: (pair: Pair) => Promise<R>): Promise<R> {
  return inNamespace((pod) =>
    inNamespace(async (client) => {
      // Were the numbers of both ends equal, the kernel would take up to a second to call the link up.
      await execa('ip', ['-batch', '-'], {
        input: `link add v0 index 7 netns ${pod.name} type veth peer name v0 index 8 netns ${client.name}\n`,
      });
      const { ip, ip6 } = ADDRESSES;
      // Users of their own listen on port 80; the client's services are addresses of its loopback interface.
      const both = 'sysctl -qw net.ipv4.ip_unprivileged_port_start=0';
      await Promise.all([
        pod.run(`${both}
          ip addr add ${ip.pod}/24 dev v0; ip addr add ${ip6.pod}/64 dev v0 nodad; ip link set v0 up
          ip route add default via ${ip.client}; ip -6 route add default via ${ip6.client}`),
        client.run(`${both}
          ip addr add ${ip.client}/24 dev v0; ip addr add ${ip6.client}/64 dev v0 nodad; ip link set v0 up
          for a in ${ip.service} ${ip.ownService} ${ip.excluded} ${ip.nameserver} ${ip.otherNameserver}; do ip addr add $a/32 dev lo; done
          for a in ${ip6.service} ${ip6.ownService} ${ip6.excluded} ${ip6.nameserver} ${ip6.otherNameserver}; do ip addr add $a/128 dev lo nodad; done`),
      ]);
      // Before the kernel has called the link up it drops what is sent, and the first calls would wait for a second try.
      await pod.run('until ip link show v0 | grep -q "state UP"; do sleep 0.01; done');
      return use({ pod, client });
    }),
  );
}

export type OpenPair = Open<Pair>;

/** A pair for the time between a `beforeAll` and an `afterAll`. */
export function openPair(): Promise<OpenPair> {
  return opened<Pair>(inPair);
}
