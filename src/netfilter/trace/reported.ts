/** The fields of a walking packet as steps and results show them: addresses and protocols in words, undefined for what is not known. */

import type { Packet, Tuple } from '../packet.ts';
import { protocolName } from '../protocols.ts';
import { printAddress } from './address.ts';
import type { Fields, Header } from './fields.ts';
import { ABSENT } from './fields.ts';
import type { Ranges, Value } from './ranges.ts';
import type { Field, FieldValue } from './result.ts';

/** What a packet holds: undefined is not known, null is not there. */
export function shownField(walk: Fields, field: Field): FieldValue {
  switch (field) {
    case 'source':
    case 'destination':
      return shownAddress(walk[field]);
    case 'protocol':
      return shownProtocol(walk.protocol);
    case 'sourcePort':
    case 'destinationPort':
    case 'uid':
    case 'gid':
    case 'mark':
    case 'connmark':
      return shownNumber(walk[field]);
    case 'inInterface':
    case 'outInterface':
      return walk[field] === '' ? null : shownWord(walk[field]);
    case 'state':
      return shownWord(walk.state);
    case 'zone':
      return walk.zone;
    case 'socket':
      return walk.packet.socket;
    default:
      field satisfies never;
      return undefined;
  }
}

export function shownAddress(value: Value | Ranges): string | undefined {
  return typeof value === 'object' ? undefined : printAddress(value);
}

export function shownNumber(value: Value | Ranges): number | null | undefined {
  if (typeof value === 'object') return undefined;
  return value === ABSENT ? null : Number(value);
}

function shownProtocol(value: Value | Ranges): string | undefined {
  return typeof value === 'object' ? undefined : (protocolName(String(value)) ?? undefined);
}

export function shownWord<W extends string>(word: W | readonly W[]): W | undefined {
  return typeof word === 'string' ? word : undefined;
}

/** A header with the ends that a flow has of it. */
export function shownTuple({ protocol, source, destination, sourcePort, destinationPort }: Header): Tuple {
  return {
    protocol: shownProtocol(protocol),
    source: shownAddress(source),
    destination: shownAddress(destination),
    sourcePort: shownNumber(sourcePort) ?? undefined,
    destinationPort: shownNumber(destinationPort) ?? undefined,
  };
}

/** The packet as it is now. */
export function shownPacket(walk: Fields): Packet {
  const { sourcePort, destinationPort, ...header } = shownTuple(walk);
  return {
    ...walk.packet,
    ...header,
    sourcePort,
    destinationPort,
    state: shownWord(walk.state),
    mark: shownNumber(walk.mark) ?? undefined,
    connmark: shownNumber(walk.connmark) ?? undefined,
  };
}
