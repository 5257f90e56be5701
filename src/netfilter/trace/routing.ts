/** Where a packet goes: to this machine or away, by its destination or by its mark. */

import { addressValue, printAddress } from '../address/address.ts';
import { contains, intersect, isWithin, overlaps } from '../address/ranges.ts';
import type { Packet } from '../packet.ts';
import { match } from '../rule/match.ts';
import { difference, narrowed } from './fields.ts';
import { maskOf } from './host.ts';
import { routeOfArrival, routeOfOwn, sourceOfRoute } from './kernel-route.ts';
import { Oracle } from './oracle.ts';
import type { PreparedHost } from './prepare-host.ts';
import { reportedWord } from './reported.ts';
import type { Question } from './result.ts';
import type { Route } from './route.ts';
import { markTest } from './tests.ts';
import { Walk } from './walk.ts';

/** As the kernel's routing says where that is known; else its own addresses come first, then the rules for marks, then where the rest goes. */
export function routeOf(walk: Walk, rerouted = false): Route {
  const { host, destination, packet, sentBy } = walk;
  // REDIRECT sends to this machine, even where it is not known to which address.
  if (sentBy?.here === true && typeof destination === 'object') return { to: 'local', by: 'address' };
  if (packet.origin === 'remote' && !walk.loopback && isMany(walk, host.many)) return { to: 'local', by: 'address', many: true };
  if (packet.origin === 'remote' && !walk.loopback && isMany(walk, host.groups)) return routeOfGroup(walk);
  if (host.routing === undefined) return routeOfUsual(walk);
  return packet.origin === 'local' ? routeOfOwn(walk, host.routing, rerouted) : routeOfArrival(walk, host.routing);
}

/** What is sent to a group is for whoever has joined it. */
function routeOfGroup(walk: Walk): Route {
  const joined = walk.oracle.yes({ kind: 'host', fact: 'multicast-group' });
  return joined ? { to: 'local', by: 'address', many: true } : { to: 'nowhere', by: 'address', many: true, why: 'not joined' };
}

function isMany({ destination }: Walk, ranges: PreparedHost['many']): boolean {
  return typeof destination !== 'object' && contains(ranges, destination);
}

function routeOfUsual(walk: Walk): Route {
  if (isLocal(walk)) return { to: 'local', by: 'address' };
  for (const one of walk.host.host.localByMark) {
    if (one.family === walk.packet.family && isMarked(walk, one.mark, maskOf(one))) return { to: 'local', by: 'mark' };
  }
  const many = isMany(walk, walk.host.many) || isMany(walk, walk.host.groups);
  return { to: 'away', by: 'address', out: awayInterface(walk), ...(many && { many }) };
}

function isLocal(walk: Walk): boolean {
  const { destination, host, packet, sentBy } = walk;
  if (sentBy?.here === true) return true;
  const local = packet.origin === 'remote' ? host.localFromOutside : host.local;
  if (typeof destination !== 'object') return contains(local, destination);
  if (!overlaps(destination, local)) return false;
  const yes = isWithin(destination, local) || walk.oracle.yes({ kind: 'field', field: 'destination', is: 'local' });
  walk.destination = yes ? narrowed(intersect(destination, local)) : difference(destination, local);
  return yes;
}

function isMarked(walk: Walk, mark: number, mask: number): boolean {
  const test = markTest(match('mark', { value: (mark & mask) >>> 0, mask }), 'mark', { value: (mark & mask) >>> 0, mask });
  const holds = test.holds(walk);
  if (holds !== 'maybe') return holds === 'yes';
  const question: Question = { kind: 'field', field: 'mark', is: mark };
  const yes = walk.oracle.yes(question);
  test.assume(walk, yes);
  return yes;
}

/** The interface that a packet to elsewhere leaves by: as the packet says, or as the host does. */
function awayInterface({ packet, host, destination }: Walk): string | readonly string[] {
  if (packet.outInterface !== undefined && packet.outInterface !== 'lo') return packet.outInterface;
  if (typeof destination === 'object') return host.away;
  return host.behind.find(({ ranges }) => contains(ranges, destination))?.interface ?? host.away;
}

/** The route of a packet made here; sets the interface by which it leaves. `again` where marks or nat made it look anew. */
export function routeOut(walk: Walk, rerouted: boolean): string | readonly string[] {
  const route = routeOf(walk, rerouted);
  walk.route = route;
  const out = route.to === 'local' ? 'lo' : (route.out ?? '');
  if (walk.steps !== null) {
    walk.steps.push({
      kind: 'routing',
      again: rerouted,
      to: route.to === 'local' ? 'local' : 'out',
      by: route.by,
      outInterface: reportedWord(out),
    });
  }
  return out;
}

/**
 * The source address that the kernel gives to a socket that asks for none: the destination itself where it is one of this
 * machine's, 127.0.0.1 for other loopback, and otherwise the first address of the interface it leaves by. Undefined where
 * that has none.
 */
export function usualSource(prepared: PreparedHost, packet: Packet & { readonly destination: string }): string | undefined {
  const { destination } = packet;
  if (prepared.routing !== undefined) return sourceOfRoute(new Walk(packet, prepared, new Oracle([], null), null), prepared.routing);
  const value = addressValue(destination, prepared.family);
  const own = [...prepared.addresses.values()].flat();
  if (own.includes(value)) return destination;
  if (contains(prepared.loopback, value)) return printAddress(prepared.loopbackAddress);
  const first = typeof prepared.away === 'string' ? prepared.addresses.get(prepared.away)?.[0] : undefined;
  return first === undefined ? undefined : printAddress(first);
}
