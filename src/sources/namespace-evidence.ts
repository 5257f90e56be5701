/** The network namespace that a check looks at, beyond its rules. */

import type { RoutingListing } from '../host/kernel/routing.ts';
import { listRouting, liveRouting } from '../host/kernel/routing.ts';
import { readFlows } from '../host/live/flows.ts';
import { readNetwork } from '../host/live/network.ts';
import { listeningIn } from '../host/machine/listening.ts';
import type { NetFiles } from '../host/namespace/namespace.ts';
import { openNamespace } from '../host/namespace/namespace.ts';
import { programs } from '../host/run.ts';
import type { Evidence } from '../istio/advice/findings.ts';
import type { ObservedNetwork } from '../istio/packets/trace-plan.ts';
import type { ListedFlow } from '../netfilter/conntrack-listing.ts';
import { FAMILIES } from '../netfilter/family.ts';
import type { Observation, Unseen } from '../netfilter/observation.ts';
import { tracksConnections } from '../netfilter/rule/needs-conntrack.ts';
import { quoteForPasting } from '../netfilter/words.ts';
import type { SourceName } from './source-name.ts';

/** Milliseconds for each program. */
const DEADLINE = 10_000;

/** How commands are told of a source's namespace; undefined for what is not a namespace that lasts. */
export function reachOf(name: SourceName): Evidence['reach'] {
  if (name.kind !== 'namespace') return undefined;
  const { target } = name;
  switch (target.kind) {
    case 'here':
      return { option: '--here', prefix: '' };
    case 'pid':
      return { option: `--pid ${target.pid}`, prefix: `nsenter -t ${target.pid} -n ` };
    case 'netns':
      return { option: `--netns ${quoteForPasting(target.path)}`, prefix: `nsenter --net=${quoteForPasting(target.path)} ` };
    // What is there is put right by nobody from here.
    case 'opened':
      return undefined;
    default:
      return target satisfies never;
  }
}

/** What of a namespace is no rule, and what of that could not be seen. */
export interface Beyond extends Pick<Evidence, 'routing' | 'listening'> {
  readonly unseen: readonly Unseen[];
}

/** Policy routing, the addresses of lo and what listens, where a namespace is looked at. Throws an Error where that is not there any more. */
export async function beyondRules(name: SourceName): Promise<Beyond> {
  if (name.kind !== 'namespace') return { unseen: [] };
  const namespace = openNamespace(name.target, programs());
  try {
    const netFiles = await namespace.netFiles();
    const listening = await listeningIn(namespace, DEADLINE);
    const heard = listening === undefined ? {} : { listening };
    let listing: RoutingListing = {};
    for (const family of FAMILIES.filter((one) => one === 'ip' || hasIp6(netFiles))) {
      const listed = await listRouting(namespace, family, DEADLINE);
      if ('failure' in listed)
        return {
          ...heard,
          unseen: [{ kind: 'policy routing', family, reason: `policy routing can not be listed: ${listed.failure.text}` }],
        };
      listing = { ...listing, [family]: listed };
    }
    return { routing: liveRouting(listing, netFiles), ...heard, unseen: [] };
  } finally {
    namespace.close();
  }
}

/** What packets depend on beside rules. Undefined for what is no namespace that lasts; a text where it can't be read. */
export async function networkOf(name: SourceName): Promise<ObservedNetwork | string | undefined> {
  if (name.kind !== 'namespace') return undefined;
  const namespace = openNamespace(name.target, programs());
  try {
    return await readNetwork(namespace, DEADLINE);
  } finally {
    namespace.close();
  }
}

/** The connections that are known there, where rules keep conntrack awake: asked without them, a kernel would load it. */
export async function flowsOf(name: SourceName, seen: Observation): Promise<readonly ListedFlow[]> {
  const families = FAMILIES.filter((family) => tracksConnections(seen[family]));
  if (name.kind !== 'namespace' || families.length === 0) return [];
  const namespace = openNamespace(name.target, programs());
  try {
    return await readFlows(namespace, families, DEADLINE);
  } finally {
    namespace.close();
  }
}

function hasIp6({ if_inet6 }: NetFiles): boolean {
  return if_inet6 !== undefined;
}
