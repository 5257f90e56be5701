/** The words of LISTED_MATCHES turned round: from words to a match. */

import type { Family } from '../family.ts';
import type { OwnerRange, PortRange } from '../numbers.ts';
import { parsePortRange } from '../numbers.ts';
import type { KnownMatch, MatchKind } from '../rule/match.ts';
import { MATCH_OPTIONS } from '../rule/options.ts';
import { servicePort } from '../services.ts';
import { LISTED_MATCHES } from './forms.ts';

/** One way in which words show a match: literal words, then one that begins with `prefix` and goes on with the value. */
interface Pattern {
  readonly kind: MatchKind;
  readonly negated: boolean;
  readonly literals: readonly string[];
  /** Null where the literal words are all. */
  readonly prefix: string | null;
}

/** A match, and how many words show it. */
export interface FoundMatch {
  readonly match: KnownMatch;
  readonly length: number;
}

/** The match that the words from `at` on show, or null. */
export function findMatch(words: readonly string[], at: number, family: Family): FoundMatch | null {
  patterns ??= byStart();
  for (const pattern of patterns.get(startOf(words[at] ?? '')) ?? []) {
    const { kind, negated, literals, prefix } = pattern;
    if (!literals.every((literal, index) => words[at + index]?.toLowerCase() === literal.toLowerCase())) continue;
    if (prefix === null) return { match: { kind, negated, value: true } as KnownMatch, length: literals.length };
    const text = words[at + literals.length];
    const value = text?.startsWith(prefix) ? readListed(kind, text.slice(prefix.length), family) : null;
    if (value !== null) return { match: { kind, negated, value } as KnownMatch, length: literals.length + 1 };
  }
  return null;
}

function patternsOf(kind: MatchKind, template: string, negatable: boolean): Pattern[] {
  return (template.includes('{s}') ? ['', 's'] : ['']).flatMap((plural) => {
    const words = template.replace('{s}', plural).trim().split(/\s+/);
    const last = words.at(-1) ?? '';
    const literals = last.endsWith('{}') ? words.slice(0, -1) : words;
    const prefix = last.endsWith('{}') ? last.slice(0, -2) : null;
    const plain = { kind, negated: false, literals, prefix };
    // Where iptables puts the `!` has changed over the years, so it may stand in any place.
    const before = { kind, negated: true, literals: ['!', ...literals], prefix };
    const apart = { kind, negated: true, literals: [...literals, '!'], prefix };
    const joined = { kind, negated: true, literals, prefix: `${prefix ?? ''}!` };
    return negatable ? [joined, before, apart, plain] : [plain];
  });
}

// iptables 1.3 printed `OWNER UID match`.
function startOf(word: string): string {
  const colon = word.indexOf(':');
  return (colon === -1 ? word : word.slice(0, colon + 1)).toLowerCase();
}

// Made where a listing is first read: an init container reads none, and this takes milliseconds where no compiler is.
let patterns: ReadonlyMap<string, readonly Pattern[]> | undefined;

function byStart(): ReadonlyMap<string, readonly Pattern[]> {
  const groups = new Map<string, Pattern[]>();
  for (const kind of Object.keys(LISTED_MATCHES) as MatchKind[]) {
    const listed = LISTED_MATCHES[kind];
    // A comment is one word already when it comes here.
    if (listed === 'column' || kind === 'comment') continue;
    for (const pattern of patternsOf(kind, listed.plain, listed.negated !== undefined)) {
      const start = startOf(pattern.literals[0] ?? pattern.prefix ?? '');
      groups.set(start, [...(groups.get(start) ?? []), pattern]);
    }
  }
  return groups;
}

/** The value that the words show: as iptables-save prints it, except where names stand for numbers. */
function readListed(kind: MatchKind, text: string, family: Family): unknown {
  switch (kind) {
    case 'source-port':
    case 'destination-port':
      return readPort(text);
    case 'source-ports':
    case 'destination-ports':
    case 'either-ports': {
      const ranges = text.split(',').map(readPort);
      return ranges.includes(null) ? null : ranges;
    }
    case 'uid-owner':
    case 'gid-owner': {
      const owner = MATCH_OPTIONS[kind].read(text, family);
      return owner === null ? null : readOwner(owner);
    }
    default:
      return MATCH_OPTIONS[kind].read(text, family);
  }
}

// Without -n a listing has names of services, where the machine that printed it knew one.
function readPort(text: string): PortRange | null {
  return parsePortRange(
    text
      .split(':')
      .map((part) => `${servicePort(part) ?? part}`)
      .join(':'),
  );
}

// Of all names of users and groups, only this one has the same id on every machine.
function readOwner(owner: OwnerRange): OwnerRange {
  return 'name' in owner && owner.name === 'root' ? { first: 0, last: 0 } : owner;
}
