/** What a rule asks of a packet. */

import type { Network } from '../address/network.ts';
import type { Masked, OwnerRange, PortRange } from '../numbers.ts';

/** The kinds of match that are understood, and the value that each carries. */
export interface MatchValues {
  source: Network;
  destination: Network;
  /** A name; a `+` at its end stands for any ending. */
  'in-interface': string;
  'out-interface': string;
  /** `tcp`, `udp`, ..., or a number that has no name. Never `all`: that is no match. */
  protocol: string;
  'source-port': PortRange;
  'destination-port': PortRange;
  /** multiport: any of the ranges. */
  'source-ports': readonly PortRange[];
  'destination-ports': readonly PortRange[];
  /** multiport: either port is any of the ranges. */
  'either-ports': readonly PortRange[];
  'uid-owner': OwnerRange;
  'gid-owner': OwnerRange;
  /** `-m conntrack --ctstate`, in the kernel's order. */
  'conntrack-state': readonly string[];
  /** The older `-m state --state`. */
  state: readonly string[];
  mark: Masked;
  connmark: Masked;
  /** `-m addrtype`: what the address is to this machine (`LOCAL`, `UNICAST`, ...), any of them. */
  'source-type': readonly string[];
  'destination-type': readonly string[];
  /** `-m socket`: a local socket takes the packet. */
  socket: true;
  comment: string;
}

export type MatchKind = keyof MatchValues;

/** A match that is understood: `negated` turns its answer round. */
export type KnownMatch = {
  [K in MatchKind]: { readonly kind: K; readonly negated: boolean; readonly value: MatchValues[K] };
}[MatchKind];

/** A match that is not understood, word for word as it was read (`-m bpf --bytecode "..."`). */
export interface OpaqueMatch {
  readonly kind: 'opaque';
  readonly text: string;
  /** It has words of a listing, which no command takes. */
  readonly listed?: true;
}

/** Something that the form it was read from can't show; it may or may not be there. */
export interface UnknownMatch {
  readonly kind: 'unknown';
  readonly what: 'interfaces';
}

export type Match = KnownMatch | OpaqueMatch | UnknownMatch;

/** A protocol's module that is loaded and asked nothing: the rule names the protocol, as iptables requires, and readers drop it. */
export function isBareModule(match: Match): boolean {
  return match.kind === 'opaque' && /^-m (?:tcp|udp|sctp|dccp)$/.test(match.text);
}

/** `NAME` of `-d NAME`: an address by a name, whose addresses nobody gave. */
export function namedAddress(match: Match): string | undefined {
  return match.kind === 'opaque' ? /^(?:! )?-[sd] (\S+)$/.exec(match.text)?.[1] : undefined;
}

/** Words of nft that stand among what is asked, and ask nothing: a log, a named counter. */
export function matchesAll(match: Match): boolean {
  return match.kind === 'opaque' && /^(?:log|counter)(?: |$)/.test(match.text);
}

/** One match of a kind. */
export function match<K extends MatchKind>(kind: K, value: MatchValues[K]): KnownMatch {
  return { kind, negated: false, value } as KnownMatch;
}

/** The opposite of a match. */
export function not(of: KnownMatch): KnownMatch {
  return { ...of, negated: !of.negated };
}
