/** One packet of a set, as ordinary as the set allows. */

import { addressValue, printAddress } from '../address/address.ts';
import type { Value } from '../address/ranges.ts';
import { contains } from '../address/ranges.ts';
import type { Packet } from '../packet.ts';
import { protocolName } from '../protocols.ts';
import { ABSENT, WITH_PORTS } from '../trace/fields.ts';
import type { PreparedHost } from '../trace/prepare-host.ts';
import type { Arena } from './arena.ts';
import type { SetId } from './diagram.ts';
import type { FieldName, NumberName } from './space.ts';
import { fieldNumber, LOOPBACK_INTERFACE, SOCKET } from './space.ts';

/** Values that a reader knows, best first. */
const USUAL: { readonly [F in NumberName]?: readonly Value[] } = {
  protocol: [6, 17, 1, 58],
  destinationPort: [8080, 80, 443, 9080],
  sourcePort: [40000],
  uid: [1000, 1337, 0],
  gid: [1000, 1337, 0],
  mark: [0],
};

// Of the ranges that documents use for machines that are nobody's (RFC 5737, RFC 3849), and of a cluster.
const ELSEWHERE = { ip: ['10.0.0.5', '203.0.113.7'], ip6: ['fd00::5', '2001:db8:1::7'] } as const;

/** What is most telling is chosen first. */
const CHOSEN: readonly FieldName[] = [
  ...(['origin', 'state', 'protocol', 'destination', 'destinationPort', 'uid', 'gid', 'source', 'sourcePort'] as const),
  ...(['inInterface', 'outInterface', 'mark', 'socket'] as const),
];

/** A point of the set: the value of each field. */
export type Point = ReadonlyMap<FieldName, Value | string>;

/** Throws where the set is empty. */
export function exampleOf(arena: Arena, set: SetId, host: PreparedHost, weights: readonly (readonly number[])[]): Packet {
  const point = new Map<FieldName, Value | string>();
  let left = set;
  for (const field of CHOSEN) {
    const number = fieldNumber(field);
    const possible = arena.diagrams.valuesOf(left, number);
    const { place, value } = bestOf(arena, field, possible, usualOf(field, host, point), weights[number] ?? []);
    point.set(field, value);
    left = arena.diagrams.and(left, arena.at(field, place));
  }
  return packetAt(point, host);
}

function usualOf(field: FieldName, host: PreparedHost, point: Point): readonly Value[] {
  const { family } = host;
  const own = [...host.addresses].flatMap(([name, addresses]) => (name === 'lo' ? [] : addresses));
  const elsewhere = ELSEWHERE[family].map((text) => addressValue(text, family));
  const remote = point.get('origin') === 'remote';
  if (field === 'destination') return remote ? own : [...elsewhere, host.loopbackAddress, ...own];
  if (field === 'source') return remote ? elsewhere : [...own, host.loopbackAddress];
  return field in USUAL ? (USUAL[field as NumberName] ?? []) : [];
}

function bestOf(
  { space }: Arena,
  field: FieldName,
  possible: readonly boolean[],
  usual: readonly Value[],
  weights: readonly number[],
): { readonly place: number; readonly value: Value | string } {
  const atoms = space[field];
  for (const value of usual) {
    const place = atoms.findIndex((atom, index) => possible[index] && typeof atom === 'object' && contains([atom], value));
    if (place >= 0) return { place, value };
  }
  const [place = 0] = [...atoms.keys()].filter((index) => possible[index]).sort((a, b) => (weights[b] ?? 0) - (weights[a] ?? 0));
  const atom = atoms[place];
  if (atom === undefined) throw new RangeError('an empty set has no example');
  return { place, value: typeof atom === 'object' ? atom.first : atom };
}

/** The packet with these values. Its way out is named only where there are several and it leaves. */
function packetAt(point: Point, host: PreparedHost): Packet {
  const number = (field: NumberName): Value => point.get(field) as Value;
  const word = (field: 'origin' | 'state' | 'inInterface' | 'outInterface' | 'socket'): string => String(point.get(field));
  const origin = word('origin') as Packet['origin'];
  const protocol = Number(number('protocol'));
  const ports = WITH_PORTS.includes(protocol) && {
    sourcePort: Number(number('sourcePort')),
    destinationPort: Number(number('destinationPort')),
  };
  const owner = (field: 'uid' | 'gid'): number | null => (number(field) === ABSENT ? null : Number(number(field)));
  const leaves = word('outInterface') !== LOOPBACK_INTERFACE && typeof host.away !== 'string';
  const sender =
    origin === 'remote'
      ? { inInterface: word('inInterface'), mark: 0 }
      : { uid: owner('uid'), gid: owner('gid'), mark: Number(number('mark')) };
  return {
    family: host.family,
    origin,
    // Number 0 has a name that means all of them.
    protocol: protocol === 0 ? '0' : (protocolName(String(protocol)) ?? String(protocol)),
    source: printAddress(number('source')),
    destination: printAddress(number('destination')),
    ...ports,
    ...sender,
    ...(leaves && { outInterface: word('outInterface') }),
    state: word('state') as Exclude<Packet['state'], undefined>,
    socket: word('socket') === SOCKET.found,
  };
}
