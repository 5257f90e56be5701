/** The options of matches: one table that drives reading, printing and the documentation. */

import { parseNetwork, printNetwork } from '../address/network.ts';
import type { Family } from '../family.ts';
import type { PortRange } from '../numbers.ts';
import { parseMasked, parseOwnerRange, parsePortRange, printMasked, printOwnerRange, printPortRange } from '../numbers.ts';
import { protocolName } from '../protocols.ts';
import { quoteWord } from '../words.ts';
import type { MatchKind, MatchValues } from './match.ts';

/** How one kind of match is written. */
export interface MatchOption<V> {
  /** As iptables-save prints it; empty where the module alone is the match. */
  readonly option: string;
  readonly aliases: readonly string[];
  /** What `-m` loads; `header` needs none, `protocol` is the module named after the rule's protocol. */
  readonly module: string;
  readonly negatable: boolean;
  /** The value, or null where iptables would refuse the text (or a part of it is not understood here). */
  readonly read: (text: string, family: Family) => V | null;
  readonly print: (value: V) => string;
}

const STATES = ['INVALID', 'NEW', 'RELATED', 'ESTABLISHED', 'UNTRACKED', 'SNAT', 'DNAT'];

/** A list of some of these words, in their order. */
function wordsAmong(words: readonly string[]): (text: string) => readonly string[] | null {
  return (text) => {
    const given = text.toUpperCase().split(',');
    return given.every((word) => words.includes(word)) ? words.filter((word) => given.includes(word)) : null;
  };
}

function readNetwork(text: string, family: Family): MatchValues['source'] | null {
  const network = parseNetwork(withPrefix(text));
  return network !== null && network.family === family ? network : null;
}

// iptables takes `/255.0.0.0` for `/8`, and iptables before 1.4 printed it so; a mask with holes has no prefix and is none.
function withPrefix(text: string): string {
  const [, address, mask] = /^(\S+)\/(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (mask === undefined) return text;
  const bits = mask.split('.').reduce((value, part) => value * 256 + Number(part), 0);
  const prefix = /^(1*)0*$/.exec(bits.toString(2).padStart(32, '0'))?.[1]?.length;
  return prefix === undefined || bits >= 2 ** 32 ? text : `${address}/${prefix}`;
}

// IFNAMSIZ leaves 15 characters; the kernel refuses slashes and white space, a shell-safe set is enough for the rest.
function readInterface(text: string): string | null {
  return /^[A-Za-z0-9_.:@*~#%=^,-]{0,14}([A-Za-z0-9_.:@*~#%=^,-]|\+)$/.test(text) && !text.startsWith('-') ? text : null;
}

// multiport holds 15 ports, a range counts as two (xt_multiport.h: XT_MULTI_PORTS).
function readPorts(text: string): readonly PortRange[] | null {
  const ranges = text.split(',').map(parsePortRange);
  return ranges.includes(null) ? null : (ranges as PortRange[]);
}

function printPorts(ranges: readonly PortRange[]): string {
  return ranges.map(printPortRange).join(',');
}

// ADDRTYPE of linux/rtnetlink.h, as iptables spells them.
const ADDRESS_TYPES = 'UNSPEC UNICAST LOCAL BROADCAST ANYCAST MULTICAST BLACKHOLE UNREACHABLE PROHIBIT THROW NAT XRESOLVE'.split(' ');

const same = (text: string): string => text;
const states = { negatable: true, aliases: [], read: wordsAmong(STATES), print: (value: readonly string[]): string => value.join(',') };
const owner = { module: 'owner', negatable: true, aliases: [], read: parseOwnerRange, print: printOwnerRange };
const addressType = {
  module: 'addrtype',
  negatable: true,
  aliases: [],
  read: wordsAmong(ADDRESS_TYPES),
  print: (value: readonly string[]): string => value.join(','),
};
const masked = { option: '--mark', aliases: [], negatable: true, read: parseMasked, print: printMasked };
const ports = { module: 'multiport', negatable: true, read: readPorts, print: printPorts };
const onePort = { module: 'protocol', negatable: true, read: parsePortRange, print: printPortRange };

export const MATCH_OPTIONS: { readonly [K in MatchKind]: MatchOption<MatchValues[K]> } = {
  source: { option: '-s', aliases: ['--source', '--src'], module: 'header', negatable: true, read: readNetwork, print: printNetwork },
  destination: {
    option: '-d',
    aliases: ['--destination', '--dst'],
    module: 'header',
    negatable: true,
    read: readNetwork,
    print: printNetwork,
  },
  'in-interface': { option: '-i', aliases: ['--in-interface'], module: 'header', negatable: true, read: readInterface, print: same },
  'out-interface': { option: '-o', aliases: ['--out-interface'], module: 'header', negatable: true, read: readInterface, print: same },
  protocol: { option: '-p', aliases: ['--protocol', '--proto'], module: 'header', negatable: true, read: protocolName, print: same },
  'source-port': { ...onePort, option: '--sport', aliases: ['--source-port'] },
  'destination-port': { ...onePort, option: '--dport', aliases: ['--destination-port'] },
  'source-ports': { ...ports, option: '--sports', aliases: ['--source-ports'] },
  'destination-ports': { ...ports, option: '--dports', aliases: ['--destination-ports'] },
  'either-ports': { ...ports, option: '--ports', aliases: [] },
  'uid-owner': { ...owner, option: '--uid-owner' },
  'gid-owner': { ...owner, option: '--gid-owner' },
  'conntrack-state': { ...states, option: '--ctstate', module: 'conntrack' },
  state: { ...states, option: '--state', module: 'state' },
  mark: { ...masked, module: 'mark' },
  connmark: { ...masked, module: 'connmark' },
  'source-type': { ...addressType, option: '--src-type' },
  'destination-type': { ...addressType, option: '--dst-type' },
  socket: { option: '', aliases: [], module: 'socket', negatable: false, read: () => true, print: () => '' },
  comment: { option: '--comment', aliases: [], module: 'comment', negatable: false, read: same, print: quoteWord },
};

/** All kinds, in the order in which iptables-save prints those of the header. */
export const MATCH_KINDS: readonly MatchKind[] = Object.keys(MATCH_OPTIONS) as MatchKind[];
