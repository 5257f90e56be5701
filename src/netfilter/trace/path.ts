/**
 * The kernel's path through the hooks, in the order that iptables-nft gives to its tables. Between two hooks stand
 * conntrack and routing.
 */

import { contains, intersect, isWithin, overlaps } from '../address/ranges.ts';
import type { ConntrackState } from '../packet.ts';
import { walkBaseChain } from './chains.ts';
import { entryOf } from './conntrack.ts';
import { assumeState } from './field-tests.ts';
import { ABSENT, difference } from './fields.ts';
import { maskOf } from './host.ts';
import { comesFromElsewhere } from './kernel-route.ts';
import { isConnected } from './listeners.ts';
import { reportedAddress, reportedNumber, reportedWord } from './reported.ts';
import type { End, Hook } from './result.ts';
import type { Route } from './route.ts';
import { routeOf, routeOut } from './routing.ts';
import type { PreparedChain, PreparedRules } from './rules.ts';
import type { Stage } from './stages.ts';
import { chainsInOrder, inOrder } from './ties.ts';
import { applyFlow } from './translation.ts';
import type { Connection, Walk } from './walk.ts';

/** Walks the packet to its end. */
export function walkToEnd(walk: Walk, rules: PreparedRules): void {
  if (walk.packet.origin === 'local') fromHere(walk, rules);
  else fromOutside(walk, rules);
}

function fromOutside(walk: Walk, rules: PreparedRules): void {
  // ip6_rcv throws them out before any table is asked, IPv4 does when it looks for a route.
  const early = walk.host.family === 'ip6';
  if (early && isMartian(walk)) return;
  if (!preRouting(walk, rules) || (!early && isMartian(walk))) return;
  const route = routeOf(walk);
  const { to, by, many = false } = route;
  if (to !== 'nowhere' && isFalseSource(walk, route)) return;
  if (to === 'nowhere') {
    walk.end = { kind: 'dropped', by: many ? { kind: 'not-joined' } : { kind: 'no-route', why: route.why ?? 'no route' } };
    return;
  }
  if (to === 'local') {
    walk.steps?.push({ kind: 'routing', again: false, to, by, outInterface: null });
    if (input(walk, rules)) deliver(walk, by, many);
    return;
  }
  forward(walk, rules, route);
}

function fromHere(walk: Walk, rules: PreparedRules): void {
  const first = walk.packet.outInterface ?? routeOut(walk, false);
  walk.outInterface = first;
  if (isLostAtOnce(walk)) return;
  if (isStranded(walk, first, false)) return;
  const routed = output(walk, rules, first);
  if (routed === null) return;
  walk.outInterface = routed;
  if (!postRouting(walk, rules)) return;
  if (routed !== 'lo') {
    walk.end = { kind: 'sent', outInterface: reportedWord(routed) };
    return;
  }
  comeBack(walk);
  if (!preRouting(walk, rules)) return;
  // The route that brought it to lo still holds: it is not looked for again.
  if (walk.route?.to === 'away' && walk.route.many !== true && walk.host.routing !== undefined && walk.packet.outInterface === undefined) {
    walk.end = { kind: 'dropped', by: { kind: 'no-route', why: 'its route leads to lo, and delivers nothing here' } };
    return;
  }
  if (input(walk, rules)) deliver(walk, byOf(walk));
}

/** No route, or one that TCP does not take: the socket is told so before any rule is asked. */
function isLostAtOnce(walk: Walk): boolean {
  const { route, protocol, packet } = walk;
  if (route?.to === 'nowhere') walk.end = { kind: 'dropped', by: { kind: 'no-route', why: route.why ?? 'no route' } };
  if (route?.many === true && protocol === 6 && packet.state === 'NEW') walk.end = { kind: 'dropped', by: { kind: 'tcp-to-many' } };
  return walk.end !== undefined;
}

function byOf(walk: Walk): 'address' | 'mark' {
  if (walk.host.routing !== undefined && walk.route !== undefined) return walk.route.by;
  return isHere(walk) ? 'address' : 'mark';
}

/** Over lo the packet keeps its mark and its flow, and loses its owner. */
function comeBack(walk: Walk): void {
  walk.steps?.push({ kind: 'loopback' });
  walk.loopback = true;
  walk.inInterface = 'lo';
  walk.outInterface = '';
  walk.owner = { uid: walk.uid, gid: walk.gid };
  walk.uid = ABSENT;
  walk.gid = ABSENT;
}

function preRouting(walk: Walk, rules: PreparedRules): boolean {
  return throughHook(walk, rules, 'PREROUTING', 'destination');
}

function input(walk: Walk, rules: PreparedRules): boolean {
  return throughHook(walk, rules, 'INPUT', 'source');
}

/** All that hangs on a hook, in its order. False where the packet goes no further. */
function throughHook(walk: Walk, rules: PreparedRules, hook: Hook, what: 'source' | 'destination'): boolean {
  for (const stage of inOrder(walk, rules.stages[hook])) if (!throughStage(walk, rules, stage, hook, what)) return false;
  return true;
}

function throughStage(walk: Walk, rules: PreparedRules, stage: Stage<PreparedChain>, hook: Hook, what: 'source' | 'destination'): boolean {
  switch (stage.kind) {
    case 'conntrack':
      entryOf(walk, rules.tracking);
      return true;
    case 'nat':
      return translate(walk, rules, stage.chains, hook, what);
    case 'chain':
      return walkBaseChain(walk, rules, stage.chain, hook);
    default:
      stage satisfies never;
      return true;
  }
}

/** All chains of this hook see the interface of the first route (nf_hook_state), also where a second one leads elsewhere. Null where it ends. */
function output(walk: Walk, rules: PreparedRules, first: string | readonly string[]): string | readonly string[] | null {
  let routed = first;
  for (const stage of inOrder(walk, rules.stages.OUTPUT)) {
    const { mark, destination } = walk;
    if (!throughStage(walk, rules, stage, 'OUTPUT', 'destination')) return null;
    if (stage.kind !== 'nat' && !(stage.kind === 'chain' && stage.reroutes)) continue;
    if (stage.kind === 'nat' ? walk.destination !== destination : walk.mark !== mark) routed = routeOut(walk, true);
    if (isStillLost(walk) || isStranded(walk, routed, true)) return null;
  }
  return routed;
}

function isStillLost(walk: Walk): boolean {
  const { route } = walk;
  if (route?.to !== 'nowhere') return false;
  walk.end = { kind: 'dropped', by: { kind: 'no-route', why: route.why ?? 'no route' } };
  return true;
}

/** IPv4 has no route away from here for a loopback source: no socket can send so, and what is turned away by a new route is dropped. */
function isStranded(walk: Walk, out: string | readonly string[], rerouted: boolean): boolean {
  const { source, host } = walk;
  if (out === 'lo' || host.family === 'ip6') return false;
  if (typeof source === 'object') {
    if (!overlaps(source, host.loopback)) return false;
    const yes = rerouted && walk.oracle.yes({ kind: 'field', field: 'source', is: 'loopback' });
    walk.source = yes ? intersect(source, host.loopback) : difference(source, host.loopback);
    if (!yes) return false;
  } else if (!contains(host.loopback, source)) return false;
  walk.end = { kind: 'dropped', by: { kind: 'martian', field: 'source' } };
  return true;
}

function postRouting(walk: Walk, rules: PreparedRules): boolean {
  return throughHook(walk, rules, 'POSTROUTING', 'source');
}

function forward(walk: Walk, rules: PreparedRules, route: Route): void {
  const out = route.out ?? '';
  walk.steps?.push({ kind: 'routing', again: false, to: 'forward', by: 'address', outInterface: reportedWord(out) });
  if (hasSocket(walk)) {
    walk.end = { kind: 'dropped', by: { kind: 'has-socket' } };
    return;
  }
  if (!(walk.host.host.forwarding ?? walk.oracle.yes({ kind: 'host', fact: 'forwarding' }))) {
    walk.end = { kind: 'dropped', by: { kind: 'no-forwarding' } };
    return;
  }
  walk.outInterface = out;
  const left = throughHook(walk, rules, 'FORWARD', 'source') && postRouting(walk, rules);
  if (left) walk.end = { kind: 'forwarded', outInterface: reportedWord(out) };
}

/**
 * TPROXY has given it one, or the kernel has found the connected socket of its flow before it asked for a route
 * (tcp_v4_early_demux, tcp_v6_early_demux): as of a connection whose first packet alone was led here by its mark.
 * UDP is found so only by sockets that have been connected, which those of servers are not.
 */
function hasSocket(walk: Walk): boolean {
  return walk.sentBy?.how === 'tproxy' || (walk.protocol === 6 && isConnected(walk));
}

/** The chains of nat, asked only for the first packet of a flow, and only once for each of its two ends: the first that translates is the last. */
function translate(
  walk: Walk,
  rules: PreparedRules,
  chains: readonly (readonly PreparedChain[])[],
  hook: Hook,
  what: 'source' | 'destination',
): boolean {
  const isKnown = isChecked(walk, rules, chains.flat(), what);
  if (isKnown === 'asked') {
    const before = walk.translations;
    for (const chain of chainsInOrder(walk, chains)) {
      if (walk.translated[what] || walk.translations !== before) break;
      if (!walkBaseChain(walk, rules, chain, hook)) return false;
    }
    return true;
  }
  if (isKnown !== 'empty') walk.steps?.push({ kind: 'nat-skipped', chain: hook, reason: isKnown });
  const changes = applyFlow(walk, what);
  if (changes.length > 0) walk.steps?.push({ kind: 'translated', hook, changes });
  return true;
}

function isChecked(
  walk: Walk,
  { tracking }: PreparedRules,
  chains: readonly PreparedChain[],
  what: 'source' | 'destination',
): 'asked' | 'empty' | 'translated' | 'not-tracked' {
  const decided = walk.decided[what];
  walk.decided[what] = true;
  if (chains.every(({ rules, policy }) => rules.length === 0 && policy === 'ACCEPT')) return 'empty';
  if (!tracking) return 'not-tracked';
  if (decided) return 'translated';
  if (typeof walk.state !== 'string') checkState(walk);
  const { state } = walk;
  if (state === 'INVALID' || state === 'UNTRACKED') return 'not-tracked';
  return typeof state === 'string' && opensFlow(walk, state) ? 'asked' : 'translated';
}

/** nf_nat_inet_fn asks the chains for NEW, and for RELATED unless it is an ICMP error, which goes the way of what it is about. */
function opensFlow({ protocol }: Walk, state: ConntrackState): boolean {
  return state === 'NEW' || (state === 'RELATED' && protocol !== 1 && protocol !== 58);
}

/** One answer after the other until the state is known as far as nat needs it. */
function checkState(walk: Walk): void {
  for (const candidate of ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID'] as const) {
    const { state } = walk;
    if (typeof state === 'string') return;
    if (state.includes(candidate))
      assumeState(walk, (one) => one === candidate, walk.oracle.yes({ kind: 'field', field: 'state', is: candidate }));
  }
}

/** A loopback address that came by wire, or one of this machine's own as the sender. */
function isMartian(walk: Walk): boolean {
  const { source, destination, host } = walk;
  const own = host.family === 'ip' && host.routing === undefined ? host.local : host.loopback;
  const field = isIn(destination, host.loopback) ? 'destination' : isIn(source, own) || deliversAll(walk) ? 'source' : null;
  if (field !== null) walk.end = { kind: 'dropped', by: { kind: 'martian', field } };
  return field !== null;
}

/** IPv4 asks without a mark whether a source may come from there (`fib_validate_source`): a policy rule for no mark makes all of them local. */
function deliversAll({ host }: Walk): boolean {
  if (host.family !== 'ip' || host.routing !== undefined) return false;
  return host.host.localByMark.some((one) => one.family === 'ip' && (one.mark & maskOf(one)) === 0);
}

/** By its routes IPv4 tells whether a source comes from there. */
function isFalseSource(walk: Walk, route: Route): boolean {
  const { routing, family } = walk.host;
  const comes = routing === undefined || family === 'ip6' || comesFromElsewhere(walk, routing, route);
  if (!comes) walk.end = { kind: 'dropped', by: { kind: 'martian', field: 'source' } };
  return !comes;
}

function isIn(value: Walk['source'], ranges: Walk['host']['local']): boolean {
  return typeof value === 'object' ? isWithin(value, ranges) : contains(ranges, value);
}

function isHere({ destination, host }: Walk): boolean {
  return typeof destination === 'object' ? overlaps(destination, host.local) : contains(host.local, destination);
}

function deliver(walk: Walk, by: 'address' | 'mark', many = false): void {
  if (many && walk.protocol === 6) {
    walk.end = { kind: 'dropped', by: { kind: 'tcp-to-many' } };
    return;
  }
  walk.end = walk.flow === undefined ? firstDelivery(walk, by) : laterDelivery(walk, walk.flow, by);
}

function firstDelivery(walk: Walk, by: 'address' | 'mark'): Extract<End, { kind: 'local' }> {
  const address = reportedAddress(walk.destination);
  const port = reportedNumber(walk.destinationPort) ?? undefined;
  const { sentBy } = walk;
  if (sentBy === undefined) return { kind: 'local', address, port, how: by === 'mark' ? 'mark' : 'plain' };
  return { kind: 'local', address, port: sentBy.port ?? port, how: sentBy.how, by: sentBy.by };
}

/** The connected socket of the flow gets it, whatever the rules would do to a first packet. */
function laterDelivery(walk: Walk, { entry, direction }: Connection, by: 'address' | 'mark'): End {
  if (direction === 'original' && entry.delivery !== undefined) return { kind: 'local', ...entry.delivery };
  const end = firstDelivery(walk, by);
  return direction === 'reply' && entry.origin === 'local' ? { ...end, how: 'reply' } : end;
}
