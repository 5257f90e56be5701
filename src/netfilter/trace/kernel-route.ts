/** What the kernel's own routing makes of a packet: delivered here, sent out, or refused. */

import { addressValue, printAddress } from '../address/address.ts';
import { contains } from '../address/ranges.ts';
import type { Found } from './lookup.ts';
import { routeFor } from './lookup.ts';
import type { Lookup } from './lookup-fields.ts';
import type { PreparedRouting } from './prepare-routing.ts';
import type { Route } from './route.ts';
import type { Walk } from './walk.ts';

/** The route of what is made here. `again`: its mark or its destination has changed, and the packet is all that is known. */
export function routeOfOwn(walk: Walk, routing: PreparedRouting, rerouted: boolean): Route {
  // ip_route_me_harder does not say whose packet it is, and IPv4 takes root for nobody; IPv6 does.
  const bySource = routeToMany(walk);
  if (bySource !== undefined) return bySource;
  const lookup: Lookup = { iif: 'lo', ...(rerouted && walk.host.family === 'ip' && { uid: 0 }) };
  // IPv6 finds the route of a socket that has no address yet without one, and keeps it.
  const sourceless = !rerouted && walk.host.family === 'ip6' && walk.packet.unbound === true;
  const found = sourceless ? routeFor(walk, routing, { ...lookup, source: 0n }) : routeFor(walk, routing, lookup);
  return routeFound(sourceless && found.type === 'refuse' ? routeFor(walk, routing, lookup) : found);
}

/** The route of what comes in. */
export function routeOfArrival(walk: Walk, routing: PreparedRouting): Route {
  const route = routeFound(routeFor(walk, routing, { uid: 0 }));
  // A broadcast address of a network of ours is ours.
  return route.many === true ? { to: 'local', by: 'address', many: true } : route;
}

/** IPv4 sends to a group, or to all, by the interface that has the source, whatever the routes say (ip_route_output_key_hash). */
function routeToMany({ host, source, destination }: Walk): Route | undefined {
  if (host.family !== 'ip' || typeof destination === 'object' || typeof source === 'object') return undefined;
  if (destination !== EVERYBODY && !contains(host.groups, destination)) return undefined;
  const out = [...host.addresses].flatMap(([name, own]) => (own.includes(source) ? [name] : []));
  const [only, another] = out;
  return only === undefined ? undefined : { to: 'away', by: 'address', out: another === undefined ? only : out, many: true };
}

const EVERYBODY = 0xffffffff;

function routeFound({ type, route, byMark, refusal }: Found): Route {
  const by = byMark ? 'mark' : 'address';
  switch (type) {
    case 'local':
    case 'anycast':
      return { to: 'local', by };
    case 'unicast':
    case 'broadcast':
    case 'multicast': {
      const [only, another] = route?.interfaces ?? [];
      const out = only !== undefined && another === undefined ? only : (route?.interfaces ?? []);
      return { to: 'away', by, out, ...(type !== 'unicast' && { many: true }) };
    }
    case 'refuse':
    case 'throw':
      return { to: 'nowhere', by, why: refusal ?? 'no route' };
    default:
      return type satisfies never;
  }
}

/** Whether the source of what came in is one that comes from there: else IPv4 drops it (fib_validate_source). What is not known passes. */
export function comesFromElsewhere(walk: Walk, routing: PreparedRouting, { to, out }: Route): boolean {
  const { host, source, destination, inInterface, sourcePort, destinationPort } = walk;
  if (typeof source === 'object' || typeof destination === 'object' || typeof inInterface !== 'string') return true;
  const strict = Math.max(routing.reversePath['all'] ?? 0, routing.reversePath[inInterface] ?? 0);
  // Only the whole look asks routes; what would leave by where it came in gets that as well.
  if (strict === 0 && !routing.custom && out !== inInterface) return ![...host.addresses.values()].some((own) => own.includes(source));
  const ports =
    typeof sourcePort === 'object' || typeof destinationPort === 'object'
      ? {}
      : { sourcePort: destinationPort, destinationPort: sourcePort };
  // The way back is asked for as if it came in where the packet would leave (__mkroute_input).
  const iif = to === 'away' && typeof out === 'string' ? out : 'lo';
  const back: Lookup = { iif, source: destination, destination: source, mark: 0, uid: 0, ...ports };
  const { type, route } = routeFor(walk, routing, back);
  if (type === 'refuse' || type === 'throw') return strict === 0;
  if (type !== 'unicast') return false;
  return strict !== 1 || (route?.interfaces.includes(inInterface) ?? false);
}

/** The address that a route gives to a socket that asks for none. Undefined where that is not known. */
export function sourceOfRoute(walk: Walk, routing: PreparedRouting): string | undefined {
  const { host, destination } = walk;
  const unspecified = host.family === 'ip' ? 0 : 0n;
  const { type, route } = routeFor(walk, routing, { iif: 'lo', source: unspecified });
  if (walk.oracle.questions.length > 0 || typeof destination === 'object') return undefined;
  if (route?.source !== undefined) return route.source;
  const isOwn = [...host.addresses.values()].some((own) => own.includes(destination));
  if (type === 'local' || type === 'anycast') return host.family === 'ip' || isOwn ? printAddress(destination) : undefined;
  const [name, another] = route?.interfaces ?? [];
  if (name === undefined || another !== undefined) return undefined;
  const found = host.host.interfaces.find((one) => one.name === name);
  const own = found?.networks ?? found?.addresses ?? [];
  return host.family === 'ip' ? firstOf4(own, route?.gateway) : onlyOf6(own);
}

/** inet_select_addr: the first in the network of the gateway, else the first. */
function firstOf4(addresses: readonly string[], gateway: string | undefined): string | undefined {
  const own = addresses.filter((text) => !text.includes(':'));
  const near = gateway === undefined ? undefined : own.find((text) => isNear(text, gateway));
  return (near ?? own[0])?.replace(/\/.*/, '');
}

function isNear(text: string, gateway: string): boolean {
  const [address = '', length = '32'] = text.split('/');
  const bits = 32 - Number(length);
  const value = (one: string): number => Math.floor(Number(addressValue(one, 'ip')) / 2 ** bits);
  return !gateway.includes(':') && value(address) === value(gateway);
}

/** Of several the kernel chooses by much that is not known here (RFC 6724). */
function onlyOf6(addresses: readonly string[]): string | undefined {
  const [only, another] = addresses.filter((text) => text.includes(':') && !/^(fe[89ab]|::1)/i.test(text));
  return another === undefined ? only?.replace(/\/.*/, '') : undefined;
}
