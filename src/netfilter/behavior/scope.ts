/** Which packets are walked. */

import type { Ranges } from '../address/ranges.ts';
import { subtract } from '../address/ranges.ts';
import { ALL_BITS } from '../numbers.ts';
import type { ConntrackState, Origin, Packet } from '../packet.ts';
import { ABSENT, WITH_PORTS } from '../trace/fields.ts';
import { Oracle } from '../trace/oracle.ts';
import type { PreparedHost } from '../trace/prepare-host.ts';
import { Walk } from '../trace/walk.ts';
import type { Arena } from './arena.ts';
import type { SetId } from './diagram.ts';
import { ALL } from './diagram.ts';
import type { Prepared } from './prepared.ts';
import { LOOPBACK_INTERFACE, NO_INTERFACE, SOCKET } from './space.ts';
import { splitByValue } from './splits.ts';
import type { State } from './state.ts';
import { narrowedSet } from './state.ts';

const PORTED: Ranges = WITH_PORTS.map((number) => ({ first: number, last: number }));
const WITHOUT_PORTS = subtract([{ first: 0, last: 255 }], PORTED);

/**
 * The first packets of flows, and packets that conntrack finds invalid: made here by anybody or nobody, with any mark; or
 * come in by any interface, from any address that is not of this machine, with mark 0. Fields that a packet does not have
 * hold one value.
 */
export function firstPackets(prepared: Prepared, host: PreparedHost): readonly State[] {
  return packetsIn(prepared, host, ['NEW', 'INVALID'], undefined);
}

/** Later packets of flows that nat leaves as they are, with each mark of their flow that somebody names. */
export function laterPackets(prepared: Prepared, host: PreparedHost): readonly State[] {
  const marks = prepared.arena.space.mark.map(({ first }) => Number(first));
  return marks.flatMap((mark) => packetsIn(prepared, host, ['ESTABLISHED', 'RELATED'], mark));
}

function packetsIn(
  prepared: Prepared,
  host: PreparedHost,
  states: readonly ConntrackState[],
  connmark: number | undefined,
): readonly State[] {
  const starts = (['remote', 'local'] as const).flatMap((origin) =>
    states.flatMap((state) => [PORTED, WITHOUT_PORTS].map((protocols) => startOf(prepared, host, { origin, state, connmark }, protocols))),
  );
  // A route that looks at some bits of a mark has to see the mark itself.
  const inParts = host.host.localByMark.some(({ mask = ALL_BITS }) => mask !== ALL_BITS);
  return inParts ? starts.flatMap((start) => splitByValue(prepared.arena, start, 'mark')) : starts;
}

interface Start {
  readonly origin: Origin;
  readonly state: ConntrackState;
  readonly connmark: number | undefined;
}

function startOf({ arena, own, anyOwn }: Prepared, host: PreparedHost, start: Start, protocols: Ranges): State {
  const { diagrams } = arena;
  const remote = start.origin === 'remote';
  const packet: Packet = { family: host.family, ...start, ...(remote && { mark: 0 }) };
  const walk = new Walk(packet, host, new Oracle([], null), null);
  walk.protocol = protocols;
  if (protocols === WITHOUT_PORTS) walk.sourcePort = walk.destinationPort = ABSENT;
  if (remote) walk.source = subtract(host.outside, anyOwn);
  else walk.uid = walk.gid = ANYBODY;
  const set = [
    arena.ofWord('origin', start.origin),
    arena.ofWord('state', start.state),
    remote ? arrivedSet(arena) : madeHereSet(arena),
    protocols === WITHOUT_PORTS ? portlessSet(arena) : ALL,
    routedSet(arena, own),
    // Where nothing listens on one address only, no first packet finds a socket.
    start.state === 'NEW' && host.host.boundListeners?.length === 0 ? arena.ofWord('socket', SOCKET.none) : ALL,
  ].reduce((one, other) => diagrams.and(one, other));
  const overlaid: State['overlaid'] = new Set();
  return { walk, set: narrowedSet(arena, { walk, set, overlaid }), overlaid };
}

const NOT_THERE: Ranges = [{ first: ABSENT, last: ABSENT }];
const ANYBODY: Ranges = [{ first: ABSENT, last: ALL_BITS }];

/** What arrives has no owner here, and no mark. */
function arrivedSet(arena: Arena): SetId {
  const { diagrams } = arena;
  const unowned = diagrams.and(arena.inRanges('uid', NOT_THERE), arena.inRanges('gid', NOT_THERE));
  return diagrams.and(
    diagrams.and(unowned, arena.inRanges('mark', [{ first: 0, last: 0 }])),
    diagrams.minus(ALL, arena.ofWord('inInterface', NO_INTERFACE)),
  );
}

/** Who has a user has a group. */
function madeHereSet(arena: Arena): SetId {
  const { diagrams } = arena;
  const [user, group] = [arena.inRanges('uid', NOT_THERE), arena.inRanges('gid', NOT_THERE)];
  const owned = diagrams.minus(diagrams.minus(ALL, user), group);
  return diagrams.and(diagrams.or(diagrams.and(user, group), owned), arena.ofWord('inInterface', NO_INTERFACE));
}

function portlessSet(arena: Arena): SetId {
  return arena.diagrams.and(arena.inRanges('sourcePort', NOT_THERE), arena.inRanges('destinationPort', NOT_THERE));
}

function routedSet(arena: Arena, own: Ranges): SetId {
  const { diagrams } = arena;
  const [here, lo] = [arena.inRanges('destination', own), arena.ofWord('outInterface', LOOPBACK_INTERFACE)];
  return diagrams.or(diagrams.and(here, lo), diagrams.minus(diagrams.minus(ALL, here), lo));
}
