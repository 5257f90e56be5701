/** One connection of a probe, with the ids of somebody. */

import type { Call, CallOutcome, Ids, Network } from '../system/network.ts';

/** The ids that this process gets when it asks for some; null where it may not have the user. */
export function idsToHave(network: Network, ids: Ids): Ids | null {
  const restore = takeIds(network, ids);
  const taken = restore === null ? null : network.ids();
  restore?.();
  return taken;
}

/** Takes ids for new sockets; returns what gives the process its own back, or null where it may not have the user. */
function takeIds({ ids, takeGroup, takeUser }: Network, { uid, gid }: Ids): (() => void) | null {
  const own = ids();
  const restore = (): void => {
    takeUser(own.uid);
    takeGroup(own.gid);
  };
  // Without the group: the rules know the proxy by its user as well.
  if (gid !== own.gid) takeGroup(gid);
  if (uid === own.uid || takeUser(uid)) return restore;
  restore();
  return null;
}

/** Makes one connection with somebody's ids and listens to what is said. */
export function callOnce(network: Network, ids: Ids, call: Omit<Call, 'made'>): Promise<CallOutcome> {
  const restore = takeIds(network, ids);
  return network.call({ ...call, made: () => restore?.() });
}
