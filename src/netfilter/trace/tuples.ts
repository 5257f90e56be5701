/** The two directions of a flow. */

import type { Tuple } from '../packet.ts';
import type { Header } from './fields.ts';

/** The same flow in the other direction. */
export function turned<T extends Header | Tuple>({ protocol, source, destination, sourcePort, destinationPort }: T): T {
  return { protocol, source: destination, destination: source, sourcePort: destinationPort, destinationPort: sourcePort } as T;
}

/** Whether two headers are the same; what is not known of either is taken to be. */
export function isSame(one: Tuple, other: Tuple): boolean {
  return FIELDS.every((field) => one[field] === other[field] || one[field] === undefined || other[field] === undefined);
}

const FIELDS: readonly (keyof Tuple)[] = ['protocol', 'source', 'destination', 'sourcePort', 'destinationPort'];
