/** A packet in a user's words. */

import type { Family } from '../../../netfilter/family.ts';
import { ALL_BITS, parseNumber } from '../../../netfilter/numbers.ts';
import type { ConntrackState, Packet } from '../../../netfilter/packet.ts';
import { CONNTRACK_STATES, firstPacket } from '../../../netfilter/packet.ts';
import type { Host } from '../../../netfilter/trace/host.ts';
import { badOption, oneOf } from '../../bad-option.ts';
import { quoted } from '../../problems.ts';
import type { Pod } from '../pod.ts';
import type { Endpoint } from './endpoint.ts';
import { readEndpoint } from './endpoint.ts';
import type { Sender } from './sender.ts';
import { readSender, SENDERS } from './sender.ts';
import { connectedAddress, withUsualSource } from './source.ts';

/** The words as they were given: what an option of the same name says. */
export interface PacketWords {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly source?: string | undefined;
  readonly in?: string | undefined;
  readonly out?: string | undefined;
  readonly protocol?: string | undefined;
  readonly state?: string | undefined;
  readonly mark?: string | undefined;
  readonly family?: Family | undefined;
}

export interface SpokenPacket {
  readonly packet: Packet;
  readonly sender: Sender;
  /** What was taken where the words say nothing, in sentences. */
  readonly taken: readonly string[];
}

const PROTOCOLS = ['tcp', 'udp', 'icmp'] as const;
type Protocol = (typeof PROTOCOLS)[number];

/**
 * The packet that words describe: TCP that opens a connection, unless they say otherwise. What a process does not choose is
 * as the kernel chooses it: its source address is that of `usualSource`. What else is not said is not known. Throws a
 * ProblemError for words that can't be understood, or contradict each other.
 */
export function packetFromWords(words: PacketWords, pod: Pod, host: Host): SpokenPacket {
  const sender = understood('--from', readSender(needed('--from', words.from, 'who sends it', SENDER_FORMS), pod));
  const to = understood('--to', readEndpoint(needed('--to', words.to, 'where it goes', '10.0.0.5:80, pod:8080, localhost:80')));
  const from = words.source === undefined ? undefined : understood('--source', readEndpoint(words.source));
  const family = familyOf(to, from, words.family);
  const protocol = words.protocol === undefined ? 'tcp' : oneOf('--protocol', words.protocol, PROTOCOLS, words.protocol.toLowerCase());
  const client = from === undefined && sender.kind === 'outside' ? pod.client?.[family] : undefined;
  const source = from === undefined ? client : addressOf(from, family, pod);
  const named = addressOf(to, family, pod);
  const destination = sender.kind === 'outside' ? named : connectedAddress(named, source);
  const own = sender.kind === 'local' && sender.who === 'proxy' ? pod.proxyMark : undefined;
  const mark = words.mark === undefined ? own : markOf(words.mark);
  const given = {
    family,
    origin: sender.kind === 'outside' ? 'remote' : 'local',
    protocol: protocol === 'icmp' && family === 'ip6' ? 'ipv6-icmp' : protocol,
    destination,
    source,
    ...portsOf(to, from, protocol),
    ...interfacesOf(words, sender),
    ...(sender.kind === 'local' ? { uid: sender.uid, gid: sender.gid } : {}),
    ...(words.state === undefined ? {} : { state: stateOf(words.state) }),
    ...(mark === undefined ? {} : { mark }),
  } as const;
  const first = firstPacket(given) as Packet & { readonly destination: string };
  const packet = from === undefined && sender.kind === 'local' ? withUsualSource(first, host) : first;
  const rewritten =
    destination === named ? [] : [`a connection to ${named} is one to ${destination}: the kernel writes that address before any rule`];
  return {
    packet,
    sender,
    taken: [
      ...[to, from].flatMap((end) => end?.note ?? []),
      ...rewritten,
      ...clientText(client),
      ...appText(sender, pod),
      ...assumptions(packet, [to, from], pod),
    ],
  };
}

const SENDER_FORMS = `${SENDERS.join(', ')}, uid:1000,gid:1000`;

function needed(option: string, text: string | undefined, what: string, forms: string): string {
  if (text === undefined) throw badOption(option, `is missing: ${what} (${forms})`);
  return text;
}

function understood<V>(option: string, read: V | string): V {
  if (typeof read === 'string') throw badOption(option, read);
  return read;
}

function familyOf(to: Endpoint, from: Endpoint | undefined, named: Family | undefined): Family {
  const [first, second] = [to, from].flatMap((one) => (typeof one?.place === 'object' ? [one.place] : []));
  if (first !== undefined && second !== undefined && first.family !== second.family)
    throw badOption('--source', `${second.address} and ${first.address} are of different families`);
  if (named !== undefined && first !== undefined && named !== first.family)
    throw badOption('--family', `${first.address} is an address of ${first.family}, not of ${named}`);
  return named ?? first?.family ?? 'ip';
}

function addressOf({ place }: Endpoint, family: Family, pod: Pod): string {
  if (typeof place === 'object') return place.address;
  return place === 'localhost' ? (family === 'ip' ? '127.0.0.1' : '::1') : (pod.addresses[family][0] ?? '');
}

function portsOf(to: Endpoint, from: Endpoint | undefined, protocol: Protocol): Pick<Packet, 'sourcePort' | 'destinationPort'> {
  if (protocol === 'icmp' && (to.port ?? from?.port) !== undefined)
    throw badOption(to.port === undefined ? '--source' : '--to', 'icmp has no ports');
  return { sourcePort: from?.port, destinationPort: to.port };
}

function interfacesOf(words: PacketWords, { kind }: Sender): Pick<Packet, 'inInterface' | 'outInterface'> {
  const [arrives, leaves] = [interfaceOf('--in', words.in), interfaceOf('--out', words.out)];
  if (arrives !== undefined && kind === 'local') throw badOption('--in', 'goes with --from outside: what the pod sends does not come in');
  if (arrives === 'lo')
    throw badOption('--in', 'nothing from outside arrives at lo; a call of the pod to itself is --from app --to pod:80');
  if (leaves !== undefined && kind === 'outside') throw badOption('--out', 'goes with what the pod sends: --from app, proxy or uid:1000');
  return { inInterface: arrives, outInterface: leaves };
}

/** As the kernel takes names of interfaces: 1 to 15 characters, none of them a slash, a colon or white space. */
function interfaceOf(option: string, name: string | undefined): string | undefined {
  if (name !== undefined && !/^[^\s/:\p{Cc}]{1,15}$/u.test(name))
    throw badOption(option, `${quoted(name)} is not the name of an interface, as eth0`);
  return name;
}

function stateOf(text: string): ConntrackState {
  const words = CONNTRACK_STATES.map((state) => state.toLowerCase());
  return oneOf('--state', text, words, text.toLowerCase()).toUpperCase() as ConntrackState;
}

function markOf(text: string): number {
  const mark = parseNumber(text, ALL_BITS);
  if (mark === null) throw badOption('--mark', `${quoted(text)} is not a mark, as 1337 or 0x539`);
  return mark;
}

function clientText(client: string | undefined): readonly string[] {
  if (client === undefined) return [];
  return [`its source is a client's address, ${client}; the rules let the node's own addresses pass (--source sets it)`];
}

function appText(sender: Sender, { appIs }: Pod): readonly string[] {
  return sender.kind === 'local' && sender.who === 'app' && appIs !== undefined ? [appIs] : [];
}

function assumptions({ family }: Packet, ends: readonly (Endpoint | undefined)[], { addresses, known }: Pod): readonly string[] {
  const named = ends.some((end) => end?.place === 'pod');
  return named && !known[family] ? [`the pod's address is not known: ${addresses[family][0]} is assumed (--address sets it)`] : [];
}
