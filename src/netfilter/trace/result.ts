/** What a trace tells: each step of the packet's way, and where it ends. */

import type { ConntrackEntry, ConntrackState, Delivery, Packet } from '../packet.ts';
import type { Match } from '../rule/match.ts';
import type { RulePlace } from '../rule/rule-place.ts';
import type { Policy } from '../rule.ts';

export type { RulePlace } from '../rule/rule-place.ts';

/** The points of the kernel's path where tables are asked. */
export type Hook = 'PREROUTING' | 'INPUT' | 'FORWARD' | 'OUTPUT' | 'POSTROUTING';

/** A built-in chain whose policy decided. */
export interface PolicyPlace {
  readonly table: string;
  readonly chain: string;
  readonly policy: Policy;
}

/** A property of a packet, as rules ask for it and targets change it. */
export type Field =
  | 'protocol'
  | 'source'
  | 'destination'
  | 'sourcePort'
  | 'destinationPort'
  | 'inInterface'
  | 'outInterface'
  | 'uid'
  | 'gid'
  | 'state'
  | 'mark'
  | 'connmark'
  | 'socket'
  | 'zone';

/** What the packet holds where a rule asked: undefined is not known, null is not there (no owner, no port). */
export type FieldValue = string | number | boolean | null | undefined;

/** A match that did not hold, or that can't be told, beside what the packet holds. */
export interface MatchAnswer {
  readonly match: Match;
  /** Undefined for a match that is not understood. */
  readonly field: Field | undefined;
  readonly value: FieldValue;
}

/** Something of the packet, or of its flow, that became another. */
export interface Change {
  readonly field: Field;
  readonly from: FieldValue;
  readonly to: FieldValue;
}

/** A rule that the packet met. */
export interface RuleStep extends RulePlace {
  readonly kind: 'rule';
  /** Jumps on the way here: 0 in a built-in chain. */
  readonly depth: number;
  /** `unknown`: nobody can tell, and the packet goes on alike. */
  readonly answer: 'matched' | 'failed' | 'unknown';
  /** The first match that failed, or that can't be told. */
  readonly because?: MatchAnswer;
  /** What the target did to the packet. */
  readonly changes: readonly Change[];
}

export type Step =
  /** A built-in chain of a table begins. */
  | {
      readonly kind: 'chain';
      readonly table: string;
      readonly chain: string;
      readonly inInterface: FieldValue;
      readonly outInterface: FieldValue;
    }
  | RuleStep
  /** The end of a chain: `-` goes back to the caller. */
  | { readonly kind: 'end-of-chain'; readonly table: string; readonly chain: string; readonly depth: number; readonly policy: Policy }
  /** A nat chain that has rules and is not asked, for the flow has its translation. */
  | { readonly kind: 'nat-skipped'; readonly chain: Hook; readonly reason: 'translated' | 'not-tracked' }
  /** Conntrack looked the packet up. */
  | {
      readonly kind: 'conntrack';
      readonly state: ConntrackState | undefined;
      readonly zone: number;
      readonly direction: 'original' | 'reply';
    }
  /** The flow's translation, decided by its first packet, was applied. */
  | { readonly kind: 'translated'; readonly hook: Hook; readonly changes: readonly Change[] }
  /** The kernel chose a way; `again` where marks or a new destination made it choose anew. */
  | {
      readonly kind: 'routing';
      readonly again: boolean;
      readonly to: 'local' | 'out' | 'forward';
      readonly by: 'address' | 'mark';
      readonly outInterface: FieldValue;
    }
  /** The packet left by lo and comes in there. */
  | { readonly kind: 'loopback' };

/** What dropped a packet. */
export type Dropper =
  | ({ readonly kind: 'rule' } & RulePlace)
  | ({ readonly kind: 'policy' } & PolicyPlace)
  /** TPROXY found no transparent socket that listens on its port. */
  | ({ readonly kind: 'no-listener'; readonly port: number } & RulePlace)
  /** REDIRECT of what arrives at an interface without an address of the family. */
  | ({ readonly kind: 'no-address' } & RulePlace)
  /** A loopback address on the wire, or one of this machine's own as the source of what came from there. */
  | { readonly kind: 'martian'; readonly field: 'source' | 'destination' }
  /** A policy rule or a route refuses it, or there is none. */
  | { readonly kind: 'no-route'; readonly why: string }
  /** TCP to a broadcast or multicast address: no socket takes part in such a connection. */
  | { readonly kind: 'tcp-to-many' }
  /** A group that this machine has not joined. */
  | { readonly kind: 'not-joined' }
  /** The destination is another machine, and packets are not passed on. */
  | { readonly kind: 'no-forwarding' }
  /** The destination is another machine, but a socket of this one has got the packet: such are not passed on (ip_forward, ip6_forward). */
  | { readonly kind: 'has-socket' };

/** Where a packet's way ends. Undefined addresses and ports are not known. */
export type End =
  /** A socket of this machine gets it. */
  | ({ readonly kind: 'local' } & Delivery)
  /** It was made here and left. */
  | { readonly kind: 'sent'; readonly outInterface: string | undefined }
  /** It came from another machine and left to another. */
  | { readonly kind: 'forwarded'; readonly outInterface: string | undefined }
  | { readonly kind: 'dropped'; readonly by: Dropper }
  | { readonly kind: 'rejected'; readonly with: string; readonly by: RulePlace }
  /** A program in user space decides. */
  | { readonly kind: 'queued'; readonly by: RulePlace | PolicyPlace }
  /** Neither the packet nor the source says enough: each answer and its end; none where following them was given up. */
  | { readonly kind: 'unknown'; readonly why: Question; readonly outcomes: readonly Outcome[] };

/** What would have to be known. */
export type Question =
  /** The packet does not say. Where no rule asks, `is` tells what the kernel asks for: a state, a mark, a destination that is `local`, a source that is `loopback`. */
  | { readonly kind: 'field'; readonly field: Field; readonly at?: RulePlace; readonly match?: Match; readonly is?: FieldValue }
  /** The rule asks for something that is not understood, or whose number is not known (a service, a user). */
  | { readonly kind: 'match'; readonly at: RulePlace; readonly match: Match }
  /** What the rule does is not understood, or can't be done where it stands. */
  | { readonly kind: 'target'; readonly at: RulePlace }
  | { readonly kind: 'policy'; readonly at: PolicyPlace }
  /** Several base chains hang at one place: whether the first of these is asked before the others. */
  | { readonly kind: 'order'; readonly first: string; readonly others: readonly string[] }
  /** The host is not said to have it or not. */
  | {
      readonly kind: 'host';
      readonly fact: 'transparent-socket' | 'forwarding' | 'policy-rule' | 'multicast-group';
      readonly at?: RulePlace;
      /** A policy rule that is not understood. */
      readonly rule?: string;
    }
  /** Jumps that no kernel would load: a chain that is called from itself. */
  | { readonly kind: 'loop'; readonly at: RulePlace }
  /** More answers would have to be followed than the trace follows. */
  | { readonly kind: 'too-many' };

/** One answer to a question, in a word (`yes`, `no`; for targets and policies `continue`, `accept`, `drop`). */
export type Answer = 'yes' | 'no' | 'continue' | 'accept' | 'drop';

export interface Outcome {
  readonly answer: Answer;
  readonly end: End;
}

/** A packet's way through the rules of a host: simulated, not measured. */
export interface Trace {
  /** As it was given. */
  readonly packet: Packet;
  /** Up to the end, or up to the first question. */
  readonly steps: readonly Step[];
  /** Where it ends: the one end of all branches if they agree, and otherwise `unknown`. */
  readonly end: End;
  /** The packet where it ends, changes included; not where branches differ. */
  readonly final?: Packet;
  /** The flow as conntrack knows it from now on: not for what was dropped, or is not tracked, or differs between branches. */
  readonly flow?: ConntrackEntry;
  /** The question that splits the way, and the way of each answer from there on. */
  readonly split?: { readonly question: Question; readonly branches: readonly Branch[] };
}

export interface Branch {
  readonly answer: Answer;
  readonly trace: Trace;
}
