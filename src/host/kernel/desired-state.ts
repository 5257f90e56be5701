/** What is to be reached, and the change that it takes from what is there. */

import type { Ownership } from '../../istio/found/ownership.ts';
import { ownedIn } from '../../istio/found/ownership.ts';
import type { RoutingChanges } from '../../istio/found/routing-changes.ts';
import { marksOf, routingChanges } from '../../istio/found/routing-changes.ts';
import type { CapturePlan } from '../../istio/plan/plan.ts';
import type { Routing } from '../../istio/plan/routing.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { NftRuleset } from '../../netfilter/nft/ruleset.ts';
import { keepOnly } from '../../netfilter/reconcile.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import { isBuiltIn, rulesIn } from '../../netfilter/rule.ts';
import { holdsOurs } from './backend.ts';
import { NO_NATIVE } from './native-tables.ts';
import type { ObservedState } from './observe.ts';
import { batchLines } from './routing.ts';
import type { Snapshot } from './snapshot.ts';
import type { Change, NativeChange, Store } from './transaction.ts';
import { NO_NATIVE_CHANGE } from './transaction.ts';

export interface DesiredState {
  readonly ip: Ruleset;
  readonly ip6: Ruleset;
  readonly routing: Routing;
  /** Tables of nft, where those are wanted: then nothing of ours is to be left in iptables. */
  readonly nft?: NftRuleset;
  /** Marks that are ours though no rule shows them any more: policy rules for them go too. */
  readonly marks?: ReadonlySet<number>;
  /** Nothing of ours is to be left: `everywhere` in both backends, or only in the one that was requested. */
  readonly clean?: 'everywhere' | 'one backend';
}

/** The state of a namespace in which Istio never was. */
export const EMPTY_STATE: DesiredState = {
  ip: { family: 'ip', tables: [] },
  ip6: { family: 'ip6', tables: [] },
  routing: { rules: [], routes: [], addresses: [] },
  clean: 'everywhere',
};

export function desiredStateOf({ ip, ip6, nft, routing }: CapturePlan): DesiredState {
  return nft === undefined ? { ip, ip6, routing } : { ip: EMPTY_STATE.ip, ip6: EMPTY_STATE.ip6, nft, routing };
}

/** Whether IPv6 is to be captured. Rejecting it, as releases before 1.4 do, captures nothing: without IPv6 there is nothing to reject. */
export function capturesIp6({ ip6 }: DesiredState): boolean {
  return ip6.tables.some(({ name, chains }) => chains.some((chain) => !isBuiltIn(name, chain.name)));
}

/** A change, and what it was made from. */
export interface Planned {
  readonly change: Change;
  readonly routing: RoutingChanges;
  readonly ownership: Ownership;
}

/** The change from a view to a goal. Marks of earlier looks tell policy routing that is stale by now. */
export async function planChange(
  view: ObservedState,
  target: DesiredState,
  marks: ReadonlySet<number>,
  lockWait: number,
): Promise<Planned> {
  const { snapshot, other } = view.choice;
  const leavesIptables = target.clean !== undefined || target.nft !== undefined;
  const ownership = ownedIn(snapshot, leavesIptables ? undefined : target);
  const desired = { ip: target.ip, ip6: snapshot.families.includes('ip6') ? target.ip6 : EMPTY_STATE.ip6 };
  const stores: Store[] = [{ backend: snapshot.backend, live: snapshot, owned: ownership, desired }];
  if ((target.clean === 'everywhere' || target.nft !== undefined) && other !== undefined && holdsOurs(other))
    stores.push({ backend: other.backend, live: other, owned: ownedIn(other), desired: EMPTY_STATE });
  const routing = routingChanges(view.routing, target.routing, new Set([...marks, ...marksIn(view, ownership)]));
  const lines = { before: batchLines('add', routing.before), after: batchLines('del', routing.after) };
  return { change: { stores, routing: lines, native: await nativeOf(view, target), lockWait }, routing, ownership };
}

async function nativeOf({ native }: ObservedState, { nft }: DesiredState): Promise<NativeChange> {
  if (nft === undefined && native.nft.tables.length === 0) return NO_NATIVE_CHANGE;
  const { nativeChange } = await import('./native.ts');
  return { ...nativeChange(native, nft ?? NO_NATIVE.nft), first: nft !== undefined };
}

/** The marks that our own live rules use. */
export function marksIn({ choice: { snapshot }, native }: ObservedState, ownership: Ownership): ReadonlySet<number> {
  return marksOf(FAMILIES.flatMap((family) => [...rulesIn(oursIn(snapshot, ownership)[family]), ...rulesIn(native[family])]));
}

/** Our part of what a backend shows. */
export function oursIn(snapshot: Snapshot, ownership: Ownership): Readonly<Record<Family, Ruleset>> {
  return { ip: keepOnly(snapshot.ip, ownership.ip), ip6: keepOnly(snapshot.ip6, ownership.ip6) };
}
