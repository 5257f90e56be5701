/** The fields of a packet as numbers from 0: each stands for values that all rules of both sides treat alike. */

import type { Range, Ranges, Value } from '../address/ranges.ts';
import type { Masked } from '../numbers.ts';
import { ALL_BITS } from '../numbers.ts';
import { ABSENT } from '../trace/fields.ts';
import type { Named } from './named.ts';

/** In the order in which diagrams ask for them. */
export const FIELDS = [
  'origin',
  'state',
  'protocol',
  'inInterface',
  'outInterface',
  'uid',
  'gid',
  'mark',
  'socket',
  'destinationPort',
  'sourcePort',
  'source',
  'destination',
] as const;

export type FieldName = (typeof FIELDS)[number];

/** Fields whose values are words. */
export type WordName = 'origin' | 'state' | 'inInterface' | 'outInterface' | 'socket';

export type NumberName = Exclude<FieldName, WordName>;

const WORD_FIELDS: readonly FieldName[] = ['origin', 'state', 'inInterface', 'outInterface', 'socket'] satisfies WordName[];

export function isWordField(field: FieldName): field is WordName {
  return WORD_FIELDS.includes(field);
}

/** Values that are treated alike: a run of numbers, or one word. */
export type Atom = Range | string;

/** All values of each field, in order. */
export type Space = { readonly [F in NumberName]: readonly Range[] } & { readonly [F in WordName]: readonly string[] };

export const SOCKET = { found: 'found', none: 'none' } as const;

/** The interface by which what is made here comes in, and by which what is for this machine leaves. */
export const NO_INTERFACE = '';
export const LOOPBACK_INTERFACE = 'lo';

/** The words of the fields that have the same everywhere. */
const WORDS = {
  origin: ['remote', 'local'],
  state: ['NEW', 'INVALID', 'ESTABLISHED', 'RELATED'],
  socket: [SOCKET.none, SOCKET.found],
} as const;

const LIMITS = {
  protocol: [0, 255],
  sourcePort: [ABSENT, 0xffff],
  destinationPort: [ABSENT, 0xffff],
  // The number above these stands for nobody, and nobody has it.
  uid: [ABSENT, ALL_BITS - 1],
  gid: [ABSENT, ALL_BITS - 1],
} as const;

/** The place of a field among all. */
export function fieldNumber(field: FieldName): number {
  return FIELDS.indexOf(field);
}

/** Splits every field where somebody names a value. `interfaces` are all there are but `lo`, `everywhere` all addresses. */
export function spaceFor(named: Named, interfaces: readonly string[], everywhere: Ranges): Space {
  const numbers = (field: 'protocol' | 'sourcePort' | 'destinationPort' | 'uid' | 'gid'): readonly Range[] => {
    const [first, last] = LIMITS[field];
    return cut([{ first, last }], [{ first: ABSENT, last: ABSENT }, ...named[field]]);
  };
  return {
    ...WORDS,
    protocol: numbers('protocol'),
    inInterface: [...interfaces, NO_INTERFACE],
    outInterface: [...interfaces, LOOPBACK_INTERFACE],
    uid: numbers('uid'),
    gid: numbers('gid'),
    mark: marksFor(named.mark),
    destinationPort: numbers('destinationPort'),
    sourcePort: numbers('sourcePort'),
    source: cut(everywhere, named.source),
    destination: cut(everywhere, named.destination),
  };
}

/** The ranges cut at both ends of every range that is named. */
function cut(ranges: readonly Range[], named: readonly Range[]): readonly Range[] {
  const starts = new Set<Value>(named.flatMap(({ first, last }) => [first, next(last)]));
  const sorted = [...starts].sort((a, b) => (a < b ? -1 : 1));
  return ranges.flatMap(({ first, last }) => {
    const inside = [first, ...sorted.filter((start) => start > first && start <= last)];
    return inside.map((start, index) => ({ first: start, last: before(inside[index + 1]) ?? last }));
  });
}

function next(value: Value): Value {
  return typeof value === 'bigint' ? value + 1n : value + 1;
}

function before(value: Value | undefined): Value | undefined {
  if (value === undefined) return undefined;
  return typeof value === 'bigint' ? value - 1n : value - 1;
}

/** More marks than this are not told apart. */
const MOST_MARKS = 64;

/**
 * Marks are told apart by single values, since rules may ask for any of their bits: 0, what is named, what becomes of
 * these with bits that are named set or cleared, and one that nobody names.
 */
function marksFor(named: readonly Masked[]): readonly Range[] {
  const whole = named.filter(({ mask }) => mask === ALL_BITS);
  const parts = named.filter(({ mask }) => mask !== ALL_BITS && mask !== 0);
  const marks = new Set([0, ...named.map(({ value }) => value)]);
  if (parts.length === 0)
    return cut(
      [{ first: 0, last: ALL_BITS }],
      [...marks].map((mark) => ({ first: mark, last: mark })),
    );
  for (const { value, mask } of parts) {
    for (const mark of [...marks]) {
      for (const other of [(mark & ~mask) | (value & mask), (mark & ~mask) | (~value & mask), mark ^ value]) {
        if (marks.size < MOST_MARKS) marks.add(other >>> 0);
      }
    }
  }
  let another = 1;
  while (marks.has(another) || whole.some(({ value }) => value === another)) another += 1;
  marks.add(another);
  return [...marks].sort((a, b) => a - b).map((mark) => ({ first: mark, last: mark }));
}

/** The places of the ranges in a field: true for each atom that lies in them. Throws where one lies in them partly. */
export function placesIn(atoms: readonly Range[], ranges: Ranges): readonly boolean[] {
  return atoms.map(({ first, last }) => {
    const touching = ranges.find((range) => range.first <= last && first <= range.last);
    if (touching !== undefined && (touching.first > first || last > touching.last))
      throw new Error(`${first}-${last} is not distinguished`);
    return touching !== undefined;
  });
}
