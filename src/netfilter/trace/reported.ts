/** The fields of a walking packet as steps and results show them: addresses and protocols in words, undefined for what is not known. */

import { printAddress } from '../address/address.ts';
import type { Ranges, Value } from '../address/ranges.ts';
import type { Packet, Tuple } from '../packet.ts';
import { protocolName } from '../protocols.ts';
import type { Fields, Header } from './fields.ts';
import { ABSENT } from './fields.ts';
import type { Field, FieldValue } from './result.ts';

/** What a packet holds: undefined is not known, null is not there. */
export function reportedField(walk: Fields, field: Field): FieldValue {
  switch (field) {
    case 'source':
    case 'destination':
      return reportedAddress(walk[field]);
    case 'protocol':
      return reportedProtocol(walk.protocol);
    case 'sourcePort':
    case 'destinationPort':
    case 'uid':
    case 'gid':
    case 'mark':
    case 'connmark':
      return reportedNumber(walk[field]);
    case 'inInterface':
    case 'outInterface':
      return walk[field] === '' ? null : reportedWord(walk[field]);
    case 'state':
      return reportedWord(walk.state);
    case 'zone':
      return walk.zone;
    case 'socket':
      return walk.packet.socket;
    default:
      field satisfies never;
      return undefined;
  }
}

export function reportedAddress(value: Value | Ranges): string | undefined {
  return typeof value === 'object' ? undefined : printAddress(value);
}

export function reportedNumber(value: Value | Ranges): number | null | undefined {
  if (typeof value === 'object') return undefined;
  return value === ABSENT ? null : Number(value);
}

function reportedProtocol(value: Value | Ranges): string | undefined {
  return typeof value === 'object' ? undefined : (protocolName(String(value)) ?? undefined);
}

export function reportedWord<W extends string>(word: W | readonly W[]): W | undefined {
  return typeof word === 'string' ? word : undefined;
}

/** A header with the ends that a flow has of it. */
export function reportedTuple({ protocol, source, destination, sourcePort, destinationPort }: Header): Tuple {
  return {
    protocol: reportedProtocol(protocol),
    source: reportedAddress(source),
    destination: reportedAddress(destination),
    sourcePort: reportedNumber(sourcePort) ?? undefined,
    destinationPort: reportedNumber(destinationPort) ?? undefined,
  };
}

/** The packet as it is now. */
export function reportedPacket(walk: Fields): Packet {
  const { sourcePort, destinationPort, ...header } = reportedTuple(walk);
  return {
    ...walk.packet,
    ...header,
    sourcePort,
    destinationPort,
    state: reportedWord(walk.state),
    mark: reportedNumber(walk.mark) ?? undefined,
    connmark: reportedNumber(walk.connmark) ?? undefined,
  };
}
