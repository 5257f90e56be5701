/** Sets of numbers as ranges: what is known of a value that is not known. IPv6 addresses are bigints, all else are numbers. */

export type Value = number | bigint;

/** Both ends included. */
export interface Range {
  readonly first: Value;
  readonly last: Value;
}

/** In order, disjoint and not touching; empty for no value at all. */
export type Ranges = readonly Range[];

export function contains(ranges: Ranges, value: Value): boolean {
  for (const { first, last } of ranges) {
    if (value >= first && value <= last) return true;
  }
  return false;
}

/** Whether some value is in both. */
export function overlaps(one: Ranges, other: Ranges): boolean {
  return one.some(({ first, last }) => other.some((range) => range.first <= last && first <= range.last));
}

/** Whether every value of the first is in the second. */
export function isWithin(one: Ranges, other: Ranges): boolean {
  return one.every(({ first, last }) => other.some((range) => range.first <= first && last <= range.last));
}

/** What is in both. */
export function intersect(one: Ranges, other: Ranges): Ranges {
  const both: Range[] = [];
  for (const a of one) {
    for (const b of other) {
      if (a.first <= b.last && b.first <= a.last) both.push({ first: later(a.first, b.first), last: earlier(a.last, b.last) });
    }
  }
  return both;
}

/** What is in the first and not in the second. */
export function subtract(from: Ranges, ranges: Ranges): Ranges {
  let left = from;
  for (const { first, last } of ranges) {
    left = left.flatMap((range) => {
      if (range.last < first || last < range.first) return [range];
      const parts: Range[] = [];
      if (range.first < first) parts.push({ first: range.first, last: moved(first, -1) });
      if (last < range.last) parts.push({ first: moved(last, 1), last: range.last });
      return parts;
    });
  }
  return left;
}

/** Ranges in any order, touching and overlapping ones made one. */
export function union(ranges: readonly Range[]): Ranges {
  const sorted = [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1));
  const merged: Range[] = [];
  for (const range of sorted) {
    const before = merged.at(-1);
    if (before === undefined || range.first > moved(before.last, 1)) merged.push(range);
    else merged[merged.length - 1] = { first: before.first, last: later(before.last, range.last) };
  }
  return merged;
}

function earlier(a: Value, b: Value): Value {
  return a < b ? a : b;
}

function later(a: Value, b: Value): Value {
  return a > b ? a : b;
}

function moved(value: Value, by: 1 | -1): Value {
  return typeof value === 'bigint' ? value + BigInt(by) : value + by;
}
