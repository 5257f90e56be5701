/** What `nft -a monitor trace` tells of packets, line by line. */

/** One thing that happened to a packet in the kernel. */
export interface TraceEvent {
  /** The same for all events of one packet on one pass; what comes back over lo has another. */
  readonly id: string;
  /** `nat` for a table of iptables, `inet istio-proxy-nat` for one of nft's own. */
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly what:
    | { readonly kind: 'packet'; readonly header: TracedHeader }
    | { readonly kind: 'rule'; readonly handle: number; readonly text: string; readonly verdict: string }
    | { readonly kind: 'policy'; readonly verdict: string };
}

/** The packet at a base chain, as far as it is told. */
export interface TracedHeader {
  readonly inInterface?: string;
  readonly outInterface?: string;
  readonly source?: string;
  readonly destination?: string;
  readonly sourcePort?: number;
  readonly destinationPort?: number;
}

const EVENT = /^trace id (\w+) (\w+) ([\w.-]+) ([\w.-]+) (packet: |rule |policy )(.*)$/;

/** Reads one line; undefined for what is no event that counts. Texts of rules are whatever their makers wrote. */
export function readTraceLine(line: string): TraceEvent | undefined {
  const [, id = '', family = '', table = '', chain = '', kind, rest = ''] = EVENT.exec(line) ?? [];
  const event = (what: TraceEvent['what']): TraceEvent => ({ id, family, table, chain, what });
  switch (kind) {
    case 'packet: ':
      return event({ kind: 'packet', header: headerOf(rest) });
    case 'policy ':
      return event({ kind: 'policy', verdict: /^\w+/.exec(rest)?.[0] ?? '' });
    case 'rule ': {
      // At the end of the line: a comment may hold the same words.
      const [, text = '', handle, verdict = ''] = /^(.*) # handle (\d+) \(verdict ([^()]*)\)\s*$/.exec(rest) ?? [];
      return handle === undefined ? undefined : event({ kind: 'rule', handle: Number(handle), text, verdict });
    }
    default:
      return undefined;
  }
}

function headerOf(text: string): TracedHeader {
  const word = (pattern: RegExp): string | undefined => pattern.exec(text)?.[1];
  const [inInterface, outInterface] = [word(/\biif "([^"]*)"/), word(/\boif "([^"]*)"/)];
  const [source, destination] = [word(/\bip6? saddr (\S+)/), word(/\bip6? daddr (\S+)/)];
  const [sport, dport] = [word(/\b(?:tcp|udp) sport (\d+)/), word(/\b(?:tcp|udp) dport (\d+)/)];
  return {
    ...(inInterface !== undefined && { inInterface }),
    ...(outInterface !== undefined && { outInterface }),
    ...(source !== undefined && { source }),
    ...(destination !== undefined && { destination }),
    ...(sport !== undefined && { sourcePort: Number(sport) }),
    ...(dport !== undefined && { destinationPort: Number(dport) }),
  };
}
