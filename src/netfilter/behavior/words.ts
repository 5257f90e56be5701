/** Regions in words: `TCP to port 22 from outside`. */

import type { Range, Ranges } from '../address/ranges.ts';
import { contains, subtract } from '../address/ranges.ts';
import { ALL_BITS, hex } from '../numbers.ts';
import { protocolName } from '../protocols.ts';
import { ABSENT } from '../trace/fields.ts';
import { listWords } from '../words.ts';
import type { NamedAddresses } from './address-words.ts';
import { addressWords } from './address-words.ts';
import type { Fields, Region } from './region.ts';
import { SOCKET } from './space.ts';

/** What a reader calls things. */
export interface Names {
  readonly addresses: readonly NamedAddresses[];
  /** What is on the machine: `the pod`. */
  readonly machine: string;
  /** Owners by their number: `the proxy`. */
  readonly users: ReadonlyMap<number, string>;
  readonly groups: ReadonlyMap<number, string>;
  /** What everybody is called but these users and groups: `the app`. */
  readonly others: { readonly users: readonly number[]; readonly groups: readonly number[]; readonly words: string };
}

/** Nothing has a name but the machine. */
export const NO_NAMES: Names = {
  addresses: [],
  machine: 'the machine',
  users: new Map(),
  groups: new Map(),
  others: { users: [], groups: [], words: '' },
};

/** The region in a phrase; what it says of nothing is any. */
export function regionWords({ family, fields }: Pick<Region, 'family' | 'fields'>, names: Names): string {
  const to = fields.destination === undefined ? '' : addressWords(family, fields.destination, names.addresses);
  const port = fields.destinationPort === undefined ? '' : portWords(fields.destinationPort);
  const from = fields.source === undefined ? '' : addressWords(family, fields.source, names.addresses);
  return [
    fields.protocol === undefined ? 'any packet' : protocolWords(fields.protocol),
    port === '' ? (to === '' ? '' : `to ${to}`) : `to ${port}${to === '' ? '' : ` of ${to}`}`,
    senderWords(fields, names),
    from === '' ? '' : `with ${from.startsWith(ANY_BUT) ? `a source other than ${from.slice(ANY_BUT.length)}` : `source ${from}`}`,
    fields.sourcePort === undefined ? '' : `from ${portWords(fields.sourcePort)}`,
    fields.outInterface === undefined || fields.outInterface.includes('lo') ? '' : `leaving by ${fields.outInterface.join(' or ')}`,
    fields.mark === undefined ? '' : markWords(fields.mark),
    fields.state?.includes('NEW') === false ? 'in state INVALID' : '',
    fields.socket === undefined ? '' : SOCKET_WORDS[fields.socket.includes(SOCKET.found) ? 'found' : 'none'],
  ]
    .filter((text) => text !== '')
    .join(' ');
}

const ANY_BUT = 'any address but ';

const SOCKET_WORDS = { found: 'where a socket listens on exactly that address', none: 'where no socket listens on exactly that address' };

/** The ranges one by one, or those that are missing where these are fewer. */
function shorter(ranges: Ranges, all: Range): { readonly but: boolean; readonly ranges: Ranges } {
  const missing = subtract([all], ranges);
  return missing.length > 0 && missing.length < ranges.length + (contains(ranges, all.last) ? 1 : 0)
    ? { but: true, ranges: missing }
    : { but: false, ranges };
}

function protocolWords(ranges: Ranges): string {
  const { but, ranges: some } = shorter(ranges, { first: 0, last: 255 });
  const names = some.flatMap(({ first, last }) => {
    const numbers = Array.from({ length: Number(last) - Number(first) + 1 }, (_, index) => Number(first) + index);
    return numbers.length > 3
      ? [`protocols ${first}-${last}`]
      : numbers.map((number) => (protocolName(`${number}`) ?? `${number}`).toUpperCase());
  });
  return but ? `anything but ${listWords(names)}` : listWords(names);
}

const MOST_PORTS = 8;
const NOT_THERE: Range = { first: ABSENT, last: ABSENT };

function portWords(given: Ranges): string {
  const ranges = subtract(given, [NOT_THERE]);
  // Boxes that have packets without ports in them as well.
  const portless = contains(given, ABSENT) ? ', or without ports' : '';
  const { but, ranges: some } = shorter(ranges, { first: 0, last: 0xffff });
  const texts = some.map(rangeWords);
  const listed = texts.length > MOST_PORTS ? [...texts.slice(0, MOST_PORTS - 1), `${texts.length - MOST_PORTS + 1} more`] : texts;
  const one = some.length === 1 && some[0]?.first === some[0]?.last;
  return `${but ? 'any port but' : one ? 'port' : 'ports'} ${listWords(listed)}${portless}`;
}

function rangeWords({ first, last }: Range): string {
  return first === last ? `${first}` : `${first}-${last}`;
}

/** Who sends: from where, by which interface, or which owner. */
function senderWords({ origin, inInterface, uid, gid }: Fields, { machine, users, groups, others }: Names): string {
  const by = inInterface?.filter((name) => name !== '') ?? [];
  const where = by.length > 0 && !inInterface?.includes('') ? ` by ${by.join(' or ')}` : '';
  if (origin?.includes('remote') || where !== '') return `from outside${where}`;
  const [user, group] = [ownerWords('user', uid, users), ownerWords('group', gid, groups)];
  if (user === '' && group === '') return origin === undefined ? '' : `from ${machine}`;
  if (isAllBut(uid, others.users) && isAllBut(gid, others.groups)) return `from ${others.words}`;
  return `from ${[user, group].filter((text) => text !== '').join(', ')}`;
}

function isAllBut(ranges: Ranges | undefined, ids: readonly number[]): boolean {
  if (ranges === undefined || ids.length === 0) return false;
  const missing = subtract([{ first: 0, last: ALL_BITS - 1 }], ranges);
  return missing.length === ids.length && missing.every(({ first, last }, index) => first === last && first === ids[index]);
}

function ownerWords(kind: 'user' | 'group', ranges: Ranges | undefined, names: ReadonlyMap<number, string>): string {
  if (ranges === undefined) return '';
  const owned = subtract(ranges, [NOT_THERE]);
  if (owned.length === 0) return 'no socket';
  if (subtract([{ first: 0, last: ALL_BITS - 1 }], owned).length === 0) return '';
  const { but, ranges: some } = shorter(owned, { first: 0, last: ALL_BITS - 1 });
  const texts = some.map((range) =>
    range.first === range.last ? (names.get(Number(range.first)) ?? `${kind} ${range.first}`) : `${kind}s ${rangeWords(range)}`,
  );
  return but ? `any ${kind} but ${listWords(texts)}` : listWords(texts);
}

function markWords(ranges: Ranges): string {
  const { but, ranges: some } = shorter(ranges, { first: 0, last: ALL_BITS });
  const texts = some.map(({ first, last }) => (first === last ? hex(Number(first)) : `${hex(Number(first))}-${hex(Number(last))}`));
  return but ? `not marked ${listWords(texts)}` : `marked ${listWords(texts)}`;
}
