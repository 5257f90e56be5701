/** Rules of nft that look values up in sets and maps, said as plain rules: one for each element that may be found. */

import { networkRange } from '../address/address.ts';
import { parseNetwork } from '../address/network.ts';
import { protocolNumber } from '../protocols.ts';
import type { NftSet, SetElement } from '../rule/nft-set.ts';
import { addressRange } from './address-ranges.ts';

/** More rules than these are not made of one. */
const MOST = 5000;

const TOKEN = /"[^"]*"|[{},]|[^\s{},]+/g;
const KEYED: readonly string[] = ['meta', 'ct', 'ip', 'ip6', 'tcp', 'udp', 'th', 'sctp', 'dccp', 'udplite', 'fib'];
const BARE: readonly string[] = ['iifname', 'oifname', 'iif', 'oif', 'mark', 'skuid', 'skgid'];

interface Lookup {
  /** The tokens that it takes: from its first key to the end of its set. */
  readonly from: number;
  readonly to: number;
  readonly keys: readonly string[];
  readonly kind: 'set' | 'vmap' | 'map';
  readonly negated: boolean;
  readonly elements: readonly SetElement[] | undefined;
}

/**
 * The texts of rules that do together what one rule does where the first that matches is the last that is asked; the text
 * itself where it looks nothing up, or in what is not understood. `sets` are those of its table.
 */
export function plainTexts(text: string, sets: readonly NftSet[]): readonly string[] {
  if (!/[@{]|addr (?:!= )?[^\s@{]+-/.test(text)) return [text];
  const done: string[] = [];
  let expanded = false;
  const waiting: { readonly tokens: readonly string[]; readonly at: number }[] = [{ tokens: text.match(TOKEN) ?? [], at: 0 }];
  for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
    const { tokens, at } = one;
    const found = lookupIn(tokens, at, sets);
    if (found === undefined) done.push(tokens.join(' ').replaceAll(' ,', ','));
    else {
      const made = alternatives(tokens, found);
      expanded ||= made !== undefined;
      waiting.push(...(made ?? [{ tokens, at: found.to }]));
    }
    if (done.length + waiting.length > MOST) return [text];
  }
  return expanded ? done : [text];
}

/** The first lookup from a place on. */
function lookupIn(tokens: readonly string[], start: number, sets: readonly NftSet[]): Lookup | undefined {
  for (let from = start; from < tokens.length; from += 1) {
    const { keys, next } = keysAt(tokens, from);
    if (keys.length === 0) continue;
    const negated = tokens[next] === '!=';
    const named = negated || tokens[next] === '==' ? next + 1 : next;
    const kind = tokens[named] === 'vmap' || tokens[named] === 'map' ? (tokens[named] as 'vmap' | 'map') : 'set';
    const set = kind === 'set' ? named : named + 1;
    const first = tokens[set] ?? '';
    if (kind === 'set' && keys.length === 1 && ADDRESS.test(keys[0] ?? '') && /^[\da-f.:]+-[\da-f.:]+$/i.test(first))
      return { from, to: set + 1, keys, kind, negated, elements: [{ value: first }] };
    if (first.startsWith('@')) {
      const of = sets.find(({ name }) => name === first.slice(1));
      return { from, to: set + 1, keys, kind, negated, elements: of === undefined || !isFixed(of) ? undefined : of.elements };
    }
    if (first === '{') {
      const end = tokens.indexOf('}', set);
      if (end < 0) return undefined;
      const words = tokens
        .slice(set + 1, end)
        .join(' ')
        .replaceAll(' ,', ',');
      return { from, to: end + 1, keys, kind, negated, elements: elementsIn(words) };
    }
    // The name of a protocol is no key where it is what a key is compared with: `meta l4proto tcp tcp dport @ports`.
    from = PROTOCOL_KEY.test(keys[0] ?? '') ? named : next - 1;
  }
  return undefined;
}

const ADDRESS = /^ip6? [sd]addr$/;
const PROTOCOL_KEY = /(?:l4proto|protocol|nexthdr|nfproto)$/;

/** Whether its elements are those that were listed: time and rules change the others. */
function isFixed({ lines = [] }: NftSet): boolean {
  return !lines.some((line) => /^(?:flags .*(?:dynamic|timeout)|timeout|gc-interval)/.test(line));
}

function keysAt(tokens: readonly string[], from: number): { readonly keys: readonly string[]; readonly next: number } {
  const keys: string[] = [];
  let next = from;
  for (;;) {
    const length = keyLength(tokens, next);
    if (length === 0) return { keys: [], next };
    keys.push(tokens.slice(next, next + length).join(' '));
    next += length;
    if (tokens[next] !== '.') return { keys, next };
    next += 1;
  }
}

function keyLength(tokens: readonly string[], at: number): number {
  const word = tokens[at] ?? '';
  if (word === 'numgen') return tokens[at + 2] === 'mod' ? 4 : 0;
  const length = BARE.includes(word) ? 1 : KEYED.includes(word) ? (word === 'fib' ? 3 : 2) : 0;
  if (length === 0) return 0;
  return tokens[at + length] === '&' ? length + 2 : length;
}

/** The elements of a set as a listing has them. */
export function elementsIn(text: string): readonly SetElement[] {
  const parts = text.match(/(?:"[^"]*"|[^,"])+/g) ?? [];
  return parts.flatMap((part): readonly SetElement[] => {
    const [, value = '', about = '', to] =
      /^\s*("[^"]*"|.*?)((?: (?:comment "[^"]*"|counter packets \d+ bytes \d+|(?:timeout|expires) \S+))*)(?: : (.*?))?\s*$/.exec(part) ??
      [];
    const [, comment] = /comment "([^"]*)"/.exec(about) ?? [];
    if (value.trim() === '') return [];
    return [{ value: value.trim(), ...(comment === undefined ? {} : { comment }), ...(to === undefined ? {} : { to: to.trim() }) }];
  });
}

interface Waiting {
  readonly tokens: readonly string[];
  readonly at: number;
}

/** The rule with each element in the place of the lookup; undefined where that would not be the same. */
function alternatives(tokens: readonly string[], lookup: Lookup): readonly Waiting[] | undefined {
  const { from, to, keys, kind, negated, elements: listed } = lookup;
  const [before, after] = [tokens.slice(0, from), tokens.slice(to)];
  const elements = listed === undefined || listed.some(({ value }) => value === '*') ? undefined : asFound(keys, listed);
  if (elements === undefined) return undefined;
  const expanded = elements.map(({ value }) => wordsOf(keys, value));
  if (expanded.includes(undefined)) return undefined;
  if (negated) {
    // Other than each of them.
    if (keys.length > 1 || kind !== 'set' || keys[0]?.startsWith('numgen')) return undefined;
    const words = elements.flatMap(({ value }) => valuesOf(keys[0] ?? '', value).flatMap((one) => matchTexts(keys[0] ?? '', one, true)));
    return [waiting([...before, ...words, ...after], before.length + words.length)];
  }
  if (kind === 'set') {
    if (keys.length === 1 && /^(?:tcp|udp|th) [sd]port$/.test(keys[0] ?? '') && tokens[to - 1] === '}') return undefined;
    return expanded.flatMap((variants = []) =>
      variants.map((words) => waiting([...before, ...words, ...after], before.length + words.length)),
    );
  }
  if (elements.some(({ to: data }) => data === undefined)) return undefined;
  if (kind === 'vmap') {
    if (after.some((word) => word !== 'comment' && !word.startsWith('"'))) return undefined;
    const numbered = keys[0]?.startsWith('numgen') === true;
    return elements.flatMap(({ to: verdict = '' }, nth) =>
      (expanded[nth] ?? []).map((words) => {
        const condition = numbered && coversAll(keys[0] ?? '', elements) && nth === elements.length - 1 ? [] : words;
        return waiting([...before, ...condition, ...(verdict.match(TOKEN) ?? [])], tokens.length);
      }),
    );
  }
  const statement = statementAt(before);
  if (statement === undefined || keys[0]?.startsWith('numgen') === true) return undefined;
  return elements.flatMap(({ to: data = '' }, nth) =>
    (expanded[nth] ?? []).map((words) =>
      waiting(
        [
          ...before.slice(0, statement),
          ...words,
          ...before.slice(statement),
          data.replace(/^(\S+) \. (\d+)$/, (_, address: string, port) => placed(address, port)),
          ...after,
        ],
        tokens.length + words.length,
      ),
    ),
  );
}

function placed(address: string, port: string): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function waiting(tokens: readonly string[], at: number): Waiting {
  return { tokens, at };
}

/** Where the statement begins that the value of a map goes into. */
function statementAt(before: readonly string[]): number | undefined {
  const nat = Math.max(before.lastIndexOf('dnat'), before.lastIndexOf('snat'));
  if (nat >= 0) return before.at(-1) === 'to' ? nat : undefined;
  return before.at(-1) === 'set' && before.length >= 3 ? before.length - 3 : undefined;
}

/**
 * The elements in the order in which they are looked for; undefined where that is not known. Of several fields intervals may
 * lie over each other. One that lies in another was there before it, for the kernel takes none that begins in one which is
 * there (nft_pipapo_insert), and the first is found; of two that cross nobody knows which that is.
 */
function asFound(keys: readonly string[], elements: readonly SetElement[]): readonly SetElement[] | undefined {
  if (keys.length === 1 || !elements.some(({ value }) => /[/-]/.test(value))) return elements;
  if (elements.length > MOST_COMPARED) return undefined;
  const fields = elements.map(({ value }) => value.split(' . ').map(boundsOf));
  const places = elements.map(() => 0);
  for (const [at, one] of fields.entries()) {
    for (const [other, others] of fields.entries()) {
      if (other <= at || !one.every(([first, last], nth) => first <= boundOf(others, nth)[1] && last >= boundOf(others, nth)[0])) continue;
      if (isInside(others, one)) places[at] = (places[at] ?? 0) + 1;
      else if (isInside(one, others)) places[other] = (places[other] ?? 0) + 1;
      else return undefined;
    }
  }
  // Who holds others stands behind all that it holds, and so does who holds that.
  return elements
    .map((one, at) => [one, places[at] ?? 0] as const)
    .sort((a, b) => a[1] - b[1])
    .map(([one]) => one);
}

type Bounds = readonly [first: bigint, last: bigint];

function boundOf(bounds: readonly Bounds[], nth: number): Bounds {
  return bounds[nth] ?? [0n, 0n];
}

function isInside(one: readonly Bounds[], other: readonly Bounds[]): boolean {
  return one.every(([first, last], nth) => first >= boundOf(other, nth)[0] && last <= boundOf(other, nth)[1]);
}

/** Each is compared with each. */
const MOST_COMPARED = 500;

/** The first and the last of what a value stands for; everything, where it is no number and no address. */
function boundsOf(value: string): Bounds {
  const [first = '', last = first] = value.split('-');
  if (/^\d+$/.test(first) && /^\d+$/.test(last)) return [BigInt(first), BigInt(last)];
  const [from, to] = [parseNetwork(first), parseNetwork(last)];
  const protocol = from === null ? protocolNumber(value) : null;
  if (protocol !== null) return [BigInt(protocol), BigInt(protocol)];
  return from === null || to === null ? [0n, 1n << 128n] : [BigInt(networkRange(from).first), BigInt(networkRange(to).last)];
}

/** Every way in which keys have an element's value; undefined where there are not as many. */
function wordsOf(keys: readonly string[], value: string): readonly (readonly string[])[] | undefined {
  const values = value.split(' . ');
  if (values.length !== keys.length) return undefined;
  return keys.reduce<readonly (readonly string[])[]>(
    (variants, key, nth) =>
      valuesOf(key, values[nth] ?? '').flatMap((one) => variants.map((variant) => [...variant, ...matchTexts(key, one, false)])),
    [[]],
  );
}

/** A range of addresses as networks; any other value as it is. */
function valuesOf(key: string, value: string): readonly string[] {
  return ADDRESS.test(key) ? addressRange(value) : [value];
}

function matchTexts(key: string, value: string, negated: boolean): readonly string[] {
  const operator = negated ? ['!='] : key.includes('&') ? ['=='] : [];
  return [...key.split(' '), ...operator, value];
}

/** Whether a number made up for each packet is surely one of the elements. */
function coversAll(key: string, elements: readonly SetElement[]): boolean {
  const [, count] = / mod (\d+)$/.exec(key) ?? [];
  const taken = elements.reduce((sum, { value }) => {
    const [first = NaN, last = first] = value.split('-').map(Number);
    return sum + last - first + 1;
  }, 0);
  return taken === Number(count);
}
