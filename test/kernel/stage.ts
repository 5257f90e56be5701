/** A pod with its rules, its application and its proxy, and the world around it. */

import { afterAll, beforeAll, expect } from 'vitest';
import { applyPlan } from '../../src/host/kernel/apply.ts';
import type { CapturePlan } from '../../src/istio/plan/plan.ts';
import type { Family } from '../../src/netfilter/family.ts';
import { FAMILIES } from '../../src/netfilter/family.ts';
import type { OpenPair } from './pod-and-client.ts';
import { ADDRESSES, openPair } from './pod-and-client.ts';
import { unlockedIn } from './programs-in.ts';
import type { Hop, Owner, Relay, Sockets } from './sockets.ts';
import { printed, socketsIn } from './sockets.ts';

export const APP: Owner = [1000, 1000];
export const PROXY: Owner = [1337, 1337];
/** Istio's injection lets a transparent proxy run as root, in the proxy's group. */
export const TRANSPARENT_PROXY: Owner = [0, 1337];
export const PROXY_USER: Owner = [1337, 1000];
export const PROXY_GROUP: Owner = [1000, 1337];
export const ROOT: Owner = [0, 0];

export const LOOPBACK: Readonly<Record<Family, string>> = { ip: '127.0.0.1', ip6: '::1' };
/** The address from which the proxy delivers to the application. */
export const DELIVERY: Readonly<Record<Family, string>> = { ip: '127.0.0.6', ip6: '::6' };
const ANY: Readonly<Record<Family, string>> = { ip: '0.0.0.0', ip6: '::' };
export const NAMES: Readonly<Record<Family, string>> = { ip: 'IPv4', ip6: 'IPv6' };

/** Everyone who listens, and the proxy's two ends, which call on as Envoy does. */
export interface Stage {
  readonly pair: OpenPair;
  readonly pod: Sockets;
  readonly client: Sockets;
}

export interface Proxy {
  readonly owner: Owner;
  /** How it delivers what came in. */
  readonly inbound: (family: Family) => Relay;
}

export const REDIRECTED: Proxy = { owner: PROXY, inbound: (family) => ({ source: DELIVERY[family] }) };
// With the mark the answers of the application come back to the proxy, though they are sent to the client.
export const TRANSPARENT: Proxy = { owner: TRANSPARENT_PROXY, inbound: () => ({ source: 'peer', transparent: true, mark: 1337 }) };

async function set(pod: Sockets, client: Sockets, { owner, inbound }: Proxy): Promise<void> {
  for (const family of FAMILIES) {
    const { service, ownService, pod: own } = ADDRESSES[family];
    // A service address means nothing to the machine: the proxy replaces it by an address of a pod.
    const routes = { [printed([ownService, 80])]: [own, 80] as const };
    await pod.listen(owner, 'outbound', ANY[family], 15001, { routes });
    await pod.listen(owner, 'inbound', ANY[family], 15006, inbound(family));
    const others = { tunnel: 15008, 'merged metrics': 15020, health: 15021, metrics: 15090 };
    for (const [at, port] of Object.entries(others)) await pod.listen(owner, at, ANY[family], port);
    for (const port of [80, 8080]) await pod.listen(APP, 'application', ANY[family], port);
    for (const port of [80, 3306, 5432]) await client.listen(ROOT, 'outside', ANY[family], port);
    expect(await client.call(ROOT, [service, 80])).toMatchObject([{ at: 'outside' }]);
  }
}

/** Starts a stage before the tests that follow, and removes it after them. */
export function staged(plan: CapturePlan, backend: 'nft' | 'legacy', proxy: Proxy): () => Stage {
  let current: Stage | undefined;
  const closing: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    const pair = await openPair();
    closing.unshift(pair.close);
    const result = await applyPlan({ kind: 'netns', path: `/run/netns/${pair.pod.name}` }, plan, { backend }, unlockedIn(pair.pod));
    expect(result).toMatchObject({ outcome: 'applied', backend, failures: [] });
    const [pod, client] = [socketsIn(pair.pod.name), socketsIn(pair.client.name)];
    closing.unshift(pod.end, client.end);
    await set(pod, client, proxy);
    current = { pair, pod, client };
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });
  return () => {
    if (current === undefined) throw new Error('the stage is not there yet');
    return current;
  };
}

/** `outbound > inbound > application`. */
export function way(hops: readonly Hop[]): string {
  return hops.map(({ at, error }) => (error === undefined ? at : `${at} (${error})`)).join(' > ');
}
