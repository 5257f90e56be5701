/**
 * What a capture such as tcpdump's shows of a packet. A tap sees what arrives before any table is asked, and what leaves
 * after the last one: a destination that REDIRECT gave to what arrives is on no interface, one that it gave to what leaves
 * over lo is. Measured with both.
 */

import type { Packet } from '../../netfilter/packet.ts';
import type { Trace } from '../../netfilter/trace/result.ts';
import { placeText } from './packet/text.ts';

export interface Sighting {
  readonly interface: string;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly destinationPort: number | undefined;
  /** `tcpdump -ni lo tcp port 15001`. */
  readonly command: string;
}

export interface Sightings {
  readonly seen: readonly Sighting[];
  /** The port of this machine that gets it, where that shows on no interface: conntrack and counters tell. */
  readonly hiddenPort?: number;
}

/** Where a packet shows, as far as its interfaces are known; of what differs between branches, nothing. */
export function sightingsOf({ packet, final, end, steps }: Trace): Sightings {
  const after = final ?? packet;
  if (packet.origin === 'local') {
    const over = steps.some(({ kind }) => kind === 'loopback') ? 'lo' : end.kind === 'sent' ? end.outInterface : undefined;
    return { seen: over === undefined ? [] : [sighting(over, after)] };
  }
  const first = steps.find((step) => step.kind === 'chain');
  const arrival = packet.inInterface ?? (typeof first?.inInterface === 'string' ? first.inInterface : undefined);
  const departure = end.kind === 'forwarded' ? end.outInterface : undefined;
  const hidden = end.kind === 'local' && end.port !== packet.destinationPort && end.how !== 'reply' ? end.port : undefined;
  return {
    seen: [...(arrival === undefined ? [] : [sighting(arrival, packet)]), ...(departure === undefined ? [] : [sighting(departure, after)])],
    ...(hidden !== undefined && { hiddenPort: hidden }),
  };
}

function sighting(name: string, { protocol = 'tcp', source, destination, destinationPort }: Packet): Sighting {
  const port = destinationPort === undefined ? '' : ` port ${destinationPort}`;
  return { interface: name, source, destination, destinationPort, command: `tcpdump -ni ${name} ${protocol}${port}` };
}

/** `lo: 10.0.0.7 > 127.0.0.1:15001 (tcpdump -ni lo tcp port 15001)`; each sighting, and what shows nowhere. */
export function sightingTexts({ seen, hiddenPort }: Sightings): readonly string[] {
  const texts = seen.map(
    ({ interface: name, source, destination, destinationPort, command }) =>
      `${name}: ${source === undefined ? '' : `${source} > `}${placeText(destination, destinationPort)} (${command})`,
  );
  return [
    ...texts,
    ...(hiddenPort === undefined
      ? []
      : [`port ${hiddenPort} on no interface: what arrives is seen before it is translated; conntrack -L and counters tell`]),
  ];
}
