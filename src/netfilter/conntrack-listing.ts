/** Connections as `conntrack -L` and /proc/net/nf_conntrack list them. */

import type { Tuple } from './packet.ts';

export interface ListedFlow {
  readonly original: Tuple;
  /** As the answers are sent, before they are translated back. */
  readonly reply: Tuple;
}

const TUPLE = /\bsrc=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)/g;

/** The flows of a text that have ports, in order; lines that are none are passed over. */
export function readConntrack(text: string): readonly ListedFlow[] {
  if (!text.includes('sport=')) return [];
  return text.split('\n').flatMap((line) => {
    const protocol = /(?:^|\s)(tcp|udp)\s+(?:6|17)\s/.exec(line)?.[1];
    const [original, reply, ...more] = [...line.matchAll(TUPLE)];
    if (protocol === undefined || original === undefined || reply === undefined || more.length > 0) return [];
    return [{ original: tupleOf(protocol, original), reply: tupleOf(protocol, reply) }];
  });
}

function tupleOf(protocol: string, [, source, destination, sourcePort, destinationPort]: RegExpMatchArray): Tuple {
  return { protocol, source, destination, sourcePort: Number(sourcePort), destinationPort: Number(destinationPort) };
}
