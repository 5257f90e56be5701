import type { Family } from './family.ts';
import type { RulePlace } from './rule/rule-place.ts';

/** What conntrack says of a packet. */
export type ConntrackState = 'NEW' | 'ESTABLISHED' | 'RELATED' | 'INVALID' | 'UNTRACKED';

export const CONNTRACK_STATES: readonly ConntrackState[] = ['NEW', 'ESTABLISHED', 'RELATED', 'INVALID', 'UNTRACKED'];

/** Where a packet comes from: a process of this machine, or another machine. What comes back over `lo` is `local`. */
export type Origin = 'local' | 'remote';

export interface Packet {
  readonly family: Family;
  readonly origin: Origin;
  /** A name or a number of an IP protocol. */
  readonly protocol?: string | undefined;
  readonly source?: string | undefined;
  readonly destination?: string | undefined;
  /** 0 to 65535; not asked for where the protocol has no ports. */
  readonly sourcePort?: number | undefined;
  readonly destinationPort?: number | undefined;
  /** Its socket asked for no source address: `source` is the one that the kernel chose. */
  readonly unbound?: boolean | undefined;
  /** The interface a remote packet arrives at. Left out, it is any of the host's but `lo`. */
  readonly inInterface?: string | undefined;
  /** The interface that a local packet's first route leads to. Left out, the host's routing says. */
  readonly outInterface?: string | undefined;
  /** Who owns the socket of a local packet: the ids that its file was opened with. Null for a packet of no socket (a reset, an echo reply). */
  readonly uid?: number | null | undefined;
  readonly gid?: number | null | undefined;
  /** Found by lookup where a flow is given. */
  readonly state?: ConntrackState | undefined;
  /** The mark that it is born with: 0 for all that arrives, and for what a process sends without SO_MARK. */
  readonly mark?: number | undefined;
  /** The mark of its flow. That of a new flow is 0. */
  readonly connmark?: number | undefined;
  /**
   * Whether `-m socket` finds a socket for it: one that is connected, or that listens on the very address, not on any.
   * Left out, the host's listeners say for a first packet, and the flow for a later one.
   */
  readonly socket?: boolean | undefined;
  /** The flow that conntrack knows already. The packet belongs to it if its header and its zone are those of either direction. */
  readonly flow?: ConntrackEntry | undefined;
  /** False for TCP that can't start a connection (a SYN/ACK): without a flow of its own it is INVALID. Default true. */
  readonly opens?: boolean | undefined;
}

/** The packet that opens a flow, with nothing special about it: state NEW, mark 0. What is given wins. */
export function firstPacket(packet: Packet): Packet {
  return { state: 'NEW', mark: 0, ...packet };
}

/** One direction of a flow. What is undefined was not known of its packets. */
export interface Tuple {
  readonly protocol: string | undefined;
  readonly source: string | undefined;
  readonly destination: string | undefined;
  readonly sourcePort: number | undefined;
  readonly destinationPort: number | undefined;
}

/**
 * How a packet came to the socket that gets it. `mark`: its destination is not of this machine, but its mark leads here;
 * `reply`: its flow was opened from here, by that very socket.
 */
export type How = 'plain' | 'redirect' | 'dnat' | 'tproxy' | 'mark' | 'reply';

/** The socket that gets a packet: the address and port it is found by; for `tproxy` the port that the proxy listens on. Undefined: not known. */
export interface Delivery {
  readonly address: string | undefined;
  readonly port: number | undefined;
  readonly how: How;
  /** The rule that sent it there, if one did; for a later packet of a flow, the one that did so with the first. */
  readonly by?: RulePlace;
}

/** What conntrack keeps of a flow, its translation included: without one, `reply` is `original` turned round. */
export interface ConntrackEntry {
  /** Packets find the entry in this zone only; 0 without a CT rule. */
  readonly zone: number;
  readonly original: Tuple;
  /** The header of an answer as the answering end sends it, before it is translated back. */
  readonly reply: Tuple;
  readonly connmark: number | undefined;
  /** Who sent the first packet. */
  readonly origin: Origin;
  /** The socket of this machine that got the first packet, if one did: later packets find it connected. */
  readonly delivery?: Delivery | undefined;
}
