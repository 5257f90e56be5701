/** One row of a listing to a Rule. */

import { parseNetwork } from '../address/network.ts';
import type { Family } from '../family.ts';
import { protocolName, protocolNumber } from '../protocols.ts';
import type { KnownMatch, Match } from '../rule/match.ts';
import { MATCH_OPTIONS } from '../rule/options.ts';
import type { Counters, Rule } from '../rule.ts';
import { readListWords } from './list-words.ts';
import type { Unreadable } from './rule-words.ts';
import { isChainName } from './rule-words.ts';

/** Which columns a listing has, besides target, protocol, source and destination. */
export interface Columns {
  /** `--line-numbers` */
  readonly number: boolean;
  /** `-v`: packets and bytes */
  readonly counters: boolean;
  /** `-v`: both interfaces */
  readonly interfaces: boolean;
}

/** The columns that a listing's heading names, or null for a line that is no heading. */
export function readColumns(words: readonly string[]): Columns | null {
  if (!words.includes('target') || !words.includes('source') || !words.includes('destination')) return null;
  return { number: words.includes('num'), counters: words.includes('pkts'), interfaces: words.includes('in') && words.includes('out') };
}

const UNITS: Readonly<Record<string, bigint>> = { '': 1n, K: 1_000n, M: 1_000_000n, G: 1_000_000_000n, T: 1_000_000_000_000n };

/** A counter as a listing prints it (`1172K`), in thousands of thousands as iptables counts them; null for other text. */
function readCount(text: string | undefined): { readonly count: bigint; readonly rounding: bigint } | null {
  const [, digits, letter = ''] = /^(\d{1,20})([KMGT]?)$/.exec(text ?? '') ?? [];
  const unit = UNITS[letter] ?? 1n;
  // Millions are rounded from rounded thousands: a whole unit is more than both roundings.
  return digits === undefined ? null : { count: BigInt(digits) * unit, rounding: letter === '' ? 0n : unit };
}

/** A counter pair, or null where either is none. */
export function readCounts(packets: string | undefined, bytes: string | undefined): Counters | null {
  const [ofPackets, ofBytes] = [readCount(packets), readCount(bytes)];
  if (ofPackets === null || ofBytes === null) return null;
  const rounding = { packets: ofPackets.rounding, bytes: ofBytes.rounding };
  const rounded = rounding.packets + rounding.bytes > 0n;
  return { packets: ofPackets.count, bytes: ofBytes.count, ...(rounded && { rounding }) };
}

/** Reads one row. White space may have been collapsed: columns are told apart by their order, not by their width. */
export function readRow(text: string, columns: Columns, family: Family): Rule | Unreadable {
  const words = rowWords(text);
  let at = 0;
  if (columns.number && !/^\d+$/.test(words[at++] ?? '')) return { reason: 'it has no number' };
  const counters = columns.counters ? readCounts(words[at++], words[at++]) : undefined;
  if (counters === null) return { reason: 'it has no counters' };
  const fixed = targetColumns(words, at);
  if (fixed === null) return { reason: 'it has no protocol' };
  if (fixed.target !== '' && !isChainName(fixed.target)) return { reason: `${fixed.target} can't be a target's name` };
  at = fixed.next;
  const matches: Match[] = [];
  const protocol = protocolOf(fixed.protocol);
  const interfaces = columns.interfaces ? [words[at++], words[at++]] : [];
  const source = readAddress('source', words[at++], family);
  const destination = readAddress('destination', words[at++], family);
  if (source === null || destination === null) return { reason: 'it has no source and destination' };
  matches.push(...source, ...destination);
  if (columns.interfaces) {
    const read = readInterfaces(interfaces[0], interfaces[1]);
    if (read === null) return { reason: 'it has no interfaces' };
    matches.push(...read);
  }
  if (protocol !== null) matches.push(protocol);
  if (fixed.fragments !== '--') matches.push({ kind: 'opaque', text: fixed.fragments === '-f' ? '-f' : '! -f' });
  const named = protocol?.kind === 'protocol' && !protocol.negated ? protocol.value : '';
  const behind = readListWords(words.slice(at), { target: fixed.target, protocol: named }, family);
  if ('reason' in behind) return behind;
  // One by one: a row of 64 KiB has more words than a call takes arguments.
  for (const match of behind.matches) matches.push(match);
  if (!columns.interfaces) matches.push({ kind: 'unknown', what: 'interfaces' });
  return { matches, target: behind.target, ...(counters && { counters }) };
}

const WORD = /"(?:[^"\\]|\\.)*"(?=\s|$)|\S+/y;

/** White space separates, but a comment and a quoted text are one word each. */
function rowWords(row: string): readonly string[] {
  const words: string[] = [];
  const lastEnd = row.lastIndexOf(' */');
  let at = row.length - row.trimStart().length;
  while (at < row.length) {
    const end = lastEnd > at && row.startsWith('/* ', at) ? row.indexOf(' */', at + 2) + 3 : wordEnd(row, at);
    words.push(row.slice(at, end));
    at = end;
    while (at < row.length && /\s/.test(row[at] ?? '')) at += 1;
  }
  return words;
}

function wordEnd(row: string, at: number): number {
  WORD.lastIndex = at;
  return WORD.test(row) ? WORD.lastIndex : row.length;
}

interface FixedColumns {
  readonly target: string;
  readonly protocol: string;
  readonly fragments: string;
  readonly next: number;
}

// A rule without a target has nothing in its column, and ip6tables before 1.8.9 has nothing in `opt`.
function targetColumns(words: readonly string[], at: number): FixedColumns | null {
  const [first = '', second = '', third = ''] = words.slice(at, at + 3);
  if (isFragments(third) && protocolName(withoutSign(second)) !== null)
    return { target: first, protocol: second, fragments: third, next: at + 3 };
  if (isFragments(second) && protocolName(withoutSign(first)) !== null)
    return { target: '', protocol: first, fragments: second, next: at + 2 };
  if (isKnownProtocol(second)) return { target: first, protocol: second, fragments: '--', next: at + 2 };
  return isKnownProtocol(first) ? { target: '', protocol: first, fragments: '--', next: at + 1 } : null;
}

function isFragments(text: string): boolean {
  return text === '--' || text === '-f' || text === '!f';
}

function isKnownProtocol(text: string): boolean {
  const name = protocolName(withoutSign(text));
  return name === 'all' || (name !== null && protocolNumber(name) !== null);
}

function withoutSign(text: string): string {
  return text.startsWith('!') ? text.slice(1) : text;
}

function protocolOf(text: string): KnownMatch | null {
  const value = protocolName(withoutSign(text));
  return value === null || value === 'all' ? null : { kind: 'protocol', negated: text.startsWith('!'), value };
}

/** Both interfaces; `?` is what this program prints where they are not known. */
function readInterfaces(first: string | undefined, second: string | undefined): readonly Match[] | null {
  if (first === '?' || second === '?') return [{ kind: 'unknown', what: 'interfaces' }];
  const both = [interfaceMatch('in-interface', first), interfaceMatch('out-interface', second)];
  return both.includes(null) ? null : both.flatMap((match) => match ?? []);
}

function interfaceMatch(kind: 'in-interface' | 'out-interface', text = ''): readonly KnownMatch[] | null {
  if (text === '*' || text === 'any') return [];
  const value = MATCH_OPTIONS[kind].read(withoutSign(text), 'ip');
  return value === null ? null : [{ kind, negated: text.startsWith('!'), value }];
}

// Names of networks that /etc/networks gives on every distribution.
const NETWORK_NAMES: ReadonlyMap<string, string> = new Map([
  ['loopback/8', '127.0.0.0/8'],
  ['link-local/16', '169.254.0.0/16'],
]);

const LOOPBACK = { ip: '127.0.0.1', ip6: '::1' };

/** An address column. Without -n it has names, of which that of the loopback address (RFC 6761) and these of networks are the same everywhere. */
function readAddress(kind: 'source' | 'destination', text: string | undefined, family: Family): readonly Match[] | null {
  const name = withoutSign(text ?? '');
  const negated = text?.startsWith('!') ?? false;
  if (name === 'anywhere' && !negated) return [];
  const plain =
    name === 'anywhere'
      ? family === 'ip'
        ? '0.0.0.0/0'
        : '::/0'
      : name === 'localhost'
        ? LOOPBACK[family]
        : (NETWORK_NAMES.get(name) ?? name);
  const value = MATCH_OPTIONS[kind].read(plain, family);
  if (value !== null) return value.prefix === 0 && !negated ? [] : [{ kind, negated, value }];
  const opaque =
    /^[A-Za-z][\w.-]*(\/[\d.]+)?$/.test(plain) ||
    (parseNetwork(plain.split('/')[0] ?? '')?.family === family && /\/[\da-f.:]+$/.test(plain));
  return opaque ? [{ kind: 'opaque', text: `${negated ? '! ' : ''}${MATCH_OPTIONS[kind].option} ${plain}` }] : null;
}
