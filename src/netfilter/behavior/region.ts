/** A set of packets that are treated alike, as a reader and a program can use it. */

import { addressValue } from '../address/address.ts';
import type { Range, Ranges, Value } from '../address/ranges.ts';
import { contains, union } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import type { ConntrackState, Origin, Packet } from '../packet.ts';
import { protocolNumber } from '../protocols.ts';
import { ABSENT, WITH_PORTS } from '../trace/fields.ts';
import type { Arena } from './arena.ts';
import type { Box } from './diagram.ts';
import type { Atom, FieldName, NumberName } from './space.ts';
import { FIELDS, isWordField, NO_INTERFACE, SOCKET } from './space.ts';

/** What each field of a packet may be; a field that is left out may be anything. Owners that are -1 are of packets that no socket sent. */
export type Fields = { readonly [F in NumberName]?: Ranges } & {
  readonly origin?: readonly Origin[];
  readonly state?: readonly ConntrackState[];
  readonly inInterface?: readonly string[];
  readonly outInterface?: readonly string[];
  /** Whether `-m socket` finds a socket that listens on the very address. */
  readonly socket?: readonly ('found' | 'none')[];
};

export interface Region {
  readonly family: Family;
  readonly fields: Fields;
  /** One packet of it, as ordinary as can be. */
  readonly example: Packet;
  /** How much of ordinary traffic it may be, to put regions in an order: a number without a unit. */
  readonly weight: number;
}

/** A box of atoms as fields. */
export function fieldsOf({ space }: Arena, box: Box): Fields {
  const texts = FIELDS.flatMap((field, index) => {
    const places = box[index];
    if (places === undefined) return [];
    const atoms = (space[field] as readonly Atom[]).filter((_, place) => places[place]);
    return [[field, isWordField(field) ? atoms : union(atoms as readonly Range[])] as const];
  });
  return Object.fromEntries(texts);
}

/** Whether a packet is in the region. What it does not say counts as in. */
export function regionHas({ family, fields }: Pick<Region, 'family' | 'fields'>, packet: Packet): boolean {
  if (family !== packet.family) return false;
  return FIELDS.every((field) => {
    const selected = fields[field];
    const value = valueIn(packet, field);
    if (selected === undefined || value === undefined) return true;
    return typeof value === 'string' ? (selected as readonly string[]).includes(value) : contains(selected as Ranges, value);
  });
}

/** What a packet holds in a field; undefined where it does not say. */
export function valueIn(packet: Packet, field: FieldName): Value | string | undefined {
  switch (field) {
    case 'origin':
    case 'outInterface':
    case 'state':
      return packet[field];
    case 'inInterface':
      return packet.origin === 'local' ? NO_INTERFACE : packet.inInterface;
    case 'socket':
      return packet.socket === undefined ? undefined : packet.socket ? SOCKET.found : SOCKET.none;
    default:
      return numberIn(packet, field);
  }
}

function numberIn(packet: Packet, field: NumberName): Value | undefined {
  switch (field) {
    case 'uid':
    case 'gid':
      return packet.origin === 'remote' || packet[field] === null ? ABSENT : packet[field];
    case 'mark':
      return packet.mark ?? (packet.origin === 'remote' ? 0 : undefined);
    case 'protocol':
      return packet.protocol === undefined ? undefined : (protocolNumber(packet.protocol) ?? undefined);
    case 'sourcePort':
    case 'destinationPort':
      return hasNoPorts(packet) ? ABSENT : packet[field];
    case 'source':
    case 'destination':
      return packet[field] === undefined ? undefined : addressValue(packet[field], packet.family);
    default:
      return field satisfies never;
  }
}

function hasNoPorts({ protocol }: Packet): boolean {
  const number = protocol === undefined ? null : protocolNumber(protocol);
  return number !== null && !WITH_PORTS.includes(number);
}
