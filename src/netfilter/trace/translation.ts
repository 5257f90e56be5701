/** What nat does to a packet: a first packet gets a translation, a later one that of its flow. */

import { addressValue } from '../address/address.ts';
import { parseNetwork } from '../address/network.ts';
import type { Range, Ranges, Value } from '../address/ranges.ts';
import { contains, intersect, isWithin } from '../address/ranges.ts';
import type { Family } from '../family.ts';
import { parseNumber } from '../numbers.ts';
import type { How, Tuple } from '../packet.ts';
import { ABSENT, narrowed } from './fields.ts';
import type { Change, RulePlace } from './result.ts';
import type { Walk } from './walk.ts';

/** New addresses and ports to choose from; null leaves them as they are. */
export interface Translation {
  readonly addresses: Range | null;
  readonly ports: Range | null;
  /** The port that becomes the first of `ports`, the next one the second, and so on around. */
  readonly base?: number;
}

/** Reads what DNAT and SNAT take: `10.0.0.1`, `10.0.0.1-10.0.0.9:80-90`, `[fd00::1]:80`, `:80`, `:8000-8009/80`. Null for what is none of the family. */
export function parseTranslation(text: string, family: Family): Translation | null {
  // An IPv6 address needs brackets before a port, an IPv4 address has no colon of its own.
  const form = family === 'ip6' && !/^:\d/.test(text) ? /^\[?([^[\]]*)\]?(?:(?<=\]):([\d-]+))?$/ : /^([^:]*)(?::([\d-]+))?$/;
  const [, bare = text, baseText] = /^(.*:\d+-\d+)\/(\d+)$/.exec(text) ?? [];
  const [, addressText = '', portText = ''] = form.exec(bare) ?? [];
  const base = baseText === undefined ? undefined : parseNumber(baseText, 0xffff);
  const addresses = rangeOf(addressText, (part) => addressOf(part, family));
  const ports = rangeOf(portText, (part) => parseNumber(part, 0xffff));
  if (addresses === undefined || ports === undefined || base === null || (addresses === null && ports === null)) return null;
  return { addresses, ports, ...(base !== undefined && { base }) };
}

function addressOf(text: string, family: Family): Value | null {
  const network = parseNetwork(text);
  return network === null || network.family !== family || text.includes('/') ? null : addressValue(text, family);
}

/** `a` or `a-b`; null for an empty text, undefined for one that is neither. */
function rangeOf(text: string, read: (part: string) => Value | null): Range | null | undefined {
  if (text === '') return null;
  const [first = null, last = first, ...rest] = text.split('-').map(read);
  return first === null || last === null || first > last || rest.length > 0 ? undefined : { first, last };
}

/** Gives a first packet another destination, and keeps who did it. */
export function translateDestination(walk: Walk, to: Translation, how: How, by: RulePlace): void {
  const changed = translate(walk, 'destination', 'destinationPort', to);
  walk.translated.destination ||= changed;
  walk.translations += 1;
  // A socket that TPROXY has given the packet to gets it, whatever nat does to its header (skb_steal_sock).
  walk.sentBy = { ...(walk.sentBy?.how === 'tproxy' ? walk.sentBy : { how, by }), here: how === 'redirect' };
}

/** REDIRECT: to an address of this machine, and to one of some ports. */
export function redirectTo(walk: Walk, address: Value | Ranges, ports: Range | null, by: RulePlace): void {
  walk.translated.destination ||= walk.destination !== address;
  set(walk, 'destination', address);
  translateDestination(walk, { addresses: null, ports }, 'redirect', by);
}

export function translateSource(walk: Walk, to: Translation): void {
  const changed = translate(walk, 'source', 'sourcePort', to);
  walk.translated.source ||= changed;
  walk.translations += 1;
}

/** MASQUERADE: with an address of the interface that the packet leaves by, and with a port of its own where it says so. */
export function masqueradeAs(walk: Walk, address: Value | Ranges, text: string): void {
  const before = walk.sourcePort;
  const words = text.replace(/"[^"]*"/g, '');
  walk.translated.source ||= walk.source !== address;
  walk.translations += 1;
  set(walk, 'source', address);
  const ports = portsOfMasquerade(walk, words);
  if (ports === undefined || before === ABSENT) return;
  if (/\brandom/.test(words)) set(walk, 'sourcePort', narrowed([ports]));
  else choose(walk, 'sourcePort', ports);
  walk.translated.source ||= walk.sourcePort !== before;
}

/** `--to-ports 1000-2000`, `to :1000-2000`; at random without them one of the kind that it has (nf_nat_l4proto_unique_tuple). */
function portsOfMasquerade({ sourcePort }: Walk, words: string): Range | undefined {
  const [, named] = /\bto(?:-ports| :)\s*(\d+(?:-\d+)?)/.exec(words) ?? [];
  const ports = named === undefined ? null : rangeOf(named, (part) => parseNumber(part, 0xffff));
  if (ports) return ports;
  if (!/\brandom/.test(words)) return undefined;
  const kinds: Ranges = [
    { first: 1, last: 511 },
    { first: 600, last: 1023 },
    { first: 1024, last: 0xffff },
  ];
  if (typeof sourcePort === 'object') return { first: 1, last: 0xffff };
  return kinds[sourcePort < 512 ? 0 : sourcePort < 1024 ? 1 : 2];
}

function translate(walk: Walk, address: 'source' | 'destination', port: 'sourcePort' | 'destinationPort', to: Translation): boolean {
  const changedAddress = to.addresses !== null && choose(walk, address, to.addresses);
  const ports = to.base === undefined || to.ports === null ? to.ports : shifted(walk[port], to.ports, to.base);
  const changedPort = ports !== null && walk[port] !== ABSENT && choose(walk, port, ports, to.base !== undefined);
  return changedAddress || changedPort;
}

/** The one port that a base leaves of a range (nf_nat_l4proto_unique_tuple), where that is free; all of it for a port that is not known. */
function shifted(now: Walk['destinationPort'], range: Range, base: number): Range {
  if (typeof now === 'object') return range;
  const size = Number(range.last) - Number(range.first) + 1;
  const port = Number(range.first) + (((Number(now) - base) & 0xffff) % size);
  return { first: port, last: port };
}

/** The kernel keeps what lies in the range already, but with a base, and otherwise chooses one that nobody can foretell. */
function choose(walk: Walk, field: 'source' | 'destination' | 'sourcePort' | 'destinationPort', range: Range, based = false): boolean {
  const now = walk[field];
  const inside = !based && (typeof now === 'object' ? isWithin(now, [range]) : contains([range], now));
  if (inside && range.first !== range.last) return false;
  set(walk, field, typeof now === 'object' && inside ? narrowed(intersect(now, [range])) : narrowed([range]));
  return walk[field] !== now;
}

function set(walk: Walk, field: 'source' | 'destination' | 'sourcePort' | 'destinationPort', value: Walk['source']): void {
  if (walk[field] === value) return;
  walk.change(field, value);
  // Of either port that multiport asks for: the answers are kept by the second.
  walk.forget('destinationPort');
}

/** Gives a later packet the destination, or the source, that its flow has been given. Returns what became another. */
export function applyFlow(walk: Walk, what: 'source' | 'destination'): readonly Change[] {
  const { flow, state } = walk;
  if (flow === undefined || state !== 'ESTABLISHED') return [];
  // Each direction is sent as the other one, turned round, expects it.
  const other: Tuple = flow.direction === 'original' ? flow.entry.reply : flow.entry.original;
  const opposite = what === 'source' ? 'destination' : 'source';
  const changes: Change[] = [];
  const kept = walk.changes;
  walk.changes = changes;
  setText(walk, what, other[opposite]);
  setPort(walk, `${what}Port`, other[`${opposite}Port`]);
  walk.changes = kept;
  return changes;
}

function setText(walk: Walk, field: 'source' | 'destination', text: string | undefined): void {
  if (text !== undefined) set(walk, field, addressValue(text, walk.packet.family));
}

function setPort(walk: Walk, field: 'sourcePort' | 'destinationPort', port: number | undefined): void {
  if (port !== undefined && walk[field] !== ABSENT) set(walk, field, port);
}
