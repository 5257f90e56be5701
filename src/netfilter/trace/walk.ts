/** One packet on its way: its fields as they are now, what is known of those that it does not say, and what was found. */

import { addressValue } from '../address/address.ts';
import type { Ranges, Value } from '../address/ranges.ts';
import type { ConntrackEntry, ConntrackState, How, Packet } from '../packet.ts';
import { protocolNumber } from '../protocols.ts';
import type { ChainKind } from '../rule/base-chains.ts';
import type { Header, NumberField } from './fields.ts';
import { ABSENT, PORTS, PROTOCOLS, WITH_PORTS, WORDS } from './fields.ts';
import type { Oracle } from './oracle.ts';
import type { PreparedHost } from './prepare-host.ts';
import { reportedField } from './reported.ts';
import type { Change, End, Hook, RulePlace, Step } from './result.ts';
import type { Route } from './route.ts';

/** A flow, and which direction of it the packet goes in. */
export interface Connection {
  readonly entry: ConntrackEntry;
  readonly direction: 'original' | 'reply';
}

/** One walk of one packet. */
export class Walk {
  readonly packet: Packet;
  readonly host: PreparedHost;
  readonly oracle: Oracle;
  /** Null where nobody wants to see them. */
  readonly steps: Step[] | null;
  protocol: Value | Ranges;
  source: Value | Ranges;
  destination: Value | Ranges;
  sourcePort: Value | Ranges;
  destinationPort: Value | Ranges;
  uid: Value | Ranges;
  gid: Value | Ranges;
  mark: Value | Ranges;
  connmark: Value | Ranges = ABSENT;
  inInterface: string | readonly string[];
  outInterface: string | readonly string[] = '';
  /** Before conntrack has seen it, what a packet without a flow has. */
  state: ConntrackState | readonly ConntrackState[] = 'INVALID';
  zone = 0;
  hook: Hook = 'PREROUTING';
  /** What targets may do in the base chain that it is in. */
  chainKind: ChainKind = 'filter';
  /** Whether that is of a table of nft's own: some matches and targets do otherwise there. */
  native = false;
  /** The flow, once conntrack has found it. */
  flow: Connection | undefined;
  /** The header that conntrack took down, before any translation. */
  original: Header | undefined;
  /** Whether nat has had its say of the destination, and of the source: it has one say for each flow. */
  readonly decided = { destination: false, source: false };
  /** Whether they became others. */
  readonly translated = { destination: false, source: false };
  /** How often nat has given it a destination or a source, be it the one that it had. */
  translations = 0;
  /** A CT rule has set how it is tracked: later ones leave it alone (xt_CT does so where the packet has a template or a flow). */
  templated = false;
  /** The rule that decided who gets the packet; `port` is that of a socket which TPROXY has given it to; `here` is where REDIRECT did. */
  sentBy: { readonly how: How; readonly by: RulePlace; readonly port?: number; readonly here?: boolean } | undefined;
  /** On its second pass, which begins at lo. */
  loopback = false;
  /** Who sent it, kept for when it has come in at lo and nobody can ask any more. */
  owner: { readonly uid: Value | Ranges; readonly gid: Value | Ranges } | undefined;
  /** The last route that what is made here was given. */
  route: Route | undefined;
  end: End | undefined;
  /** Answers that narrow no field, by what was asked. */
  readonly remembered = new Map<string, boolean>();
  changes: Change[] | null = null;

  constructor(packet: Packet, host: PreparedHost, oracle: Oracle, steps: Step[] | null) {
    const { family, origin } = packet;
    const local = origin === 'local';
    this.packet = packet;
    this.host = host;
    this.oracle = oracle;
    this.steps = steps;
    this.protocol = packet.protocol === undefined ? PROTOCOLS : numberOfProtocol(packet.protocol);
    // What comes in from outside has no loopback address: it would not pass the first check of its route.
    const addresses = local ? host.everywhere : host.outside;
    this.source = packet.source === undefined ? addresses : addressValue(packet.source, family);
    this.destination = packet.destination === undefined ? addresses : addressValue(packet.destination, family);
    const portless = typeof this.protocol !== 'object' && !WITH_PORTS.includes(this.protocol);
    this.sourcePort = portless ? ABSENT : (packet.sourcePort ?? PORTS);
    this.destinationPort = portless ? ABSENT : (packet.destinationPort ?? PORTS);
    this.uid = local ? ownerOf(packet.uid) : ABSENT;
    this.gid = local ? ownerOf(packet.gid) : ABSENT;
    this.mark = packet.mark ?? WORDS;
    this.inInterface = local ? '' : (packet.inInterface ?? host.outsideInterfaces);
  }

  /** A new flow has no mark yet, and a packet without a flow never has one. */
  setState(state: ConntrackState | readonly ConntrackState[]): void {
    this.state = state;
    if (state === 'INVALID' || state === 'UNTRACKED') this.connmark = ABSENT;
    else if (this.connmark === ABSENT || (state === 'NEW' && this.connmark === WORDS))
      this.connmark = this.packet.connmark ?? (state === 'NEW' ? 0 : WORDS);
  }

  /** Takes over what was found out of another packet of the same flow. */
  learn({ protocol, uid, gid, owner, remembered, packet, inInterface }: Walk): void {
    this.protocol = protocol;
    this.uid = owner?.uid ?? uid;
    this.gid = owner?.gid ?? gid;
    if (packet.origin === 'remote') this.inInterface = inInterface;
    for (const [key, answer] of remembered) this.remembered.set(key, answer);
  }

  /** What was answered of a field holds no longer. */
  forget(field: NumberField): void {
    for (const key of this.remembered.keys()) {
      if (key.startsWith(`${field} `)) this.remembered.delete(key);
    }
  }

  /** Gives a field another value, and notes it for the step of the rule that does so. */
  change(field: NumberField, value: Value | Ranges): void {
    const from = this.changes === null ? undefined : reportedField(this, field);
    this[field] = value;
    this.changes?.push({ field, from, to: reportedField(this, field) });
  }
}

function ownerOf(id: number | null | undefined): Value | Ranges {
  return id === null ? ABSENT : (id ?? WORDS);
}

function numberOfProtocol(name: string): number {
  const number = protocolNumber(name.toLowerCase());
  if (number === null || number > 255) throw new RangeError(`${name} is not a protocol`);
  return number;
}
