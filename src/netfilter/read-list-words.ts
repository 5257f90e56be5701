/** The words behind a listing's columns, back to matches and a target. What is not understood becomes opaque. */

import { LISTED_TARGETS } from './list-forms.ts';
import { findMatch } from './list-patterns.ts';
import type { Match } from './match.ts';
import { PROTOCOLS_WITH_PORTS } from './protocols.ts';
import { isExtension } from './read-target.ts';
import type { Family } from './rule.ts';
import type { Target, TargetName, Verdict } from './target.ts';
import { isTargetName, TARGET_FORMS, VERDICTS } from './target.ts';
import { unquote } from './words.ts';

/** The columns that say how the words are meant. */
export interface RowStart {
  /** The column `target`; empty for a rule without one. */
  readonly target: string;
  /** The name of the protocol; empty where it is negated or `all`. */
  readonly protocol: string;
}

// The words of a target are few; a row with more has something else in them.
const MOST_TARGET_WORDS = 12;

/** Reads the words behind the columns of one row; a comment and a quoted text are one word each. */
export function readListWords(
  words: readonly string[],
  row: RowStart,
  family: Family,
): { readonly matches: readonly Match[]; readonly target: Target } {
  const goto = words[0] === '[goto]';
  const matches: Match[] = [];
  let unknown: string[] = [];
  const settle = (): void => {
    if (unknown.length > 0) matches.push({ kind: 'opaque', text: unknown.join(' ') });
    unknown = [];
  };
  for (let at = goto ? 1 : 0; at < words.length; ) {
    const found = readPhrase(words, at, row.protocol, family);
    if (found !== null) {
      settle();
      if (found.match !== null) matches.push(found.match);
      at += found.length;
      continue;
    }
    const target = readTargetWords(words, at, row.target, family);
    if (target !== null) {
      settle();
      return { matches, target };
    }
    unknown.push(words[at] ?? '');
    at += 1;
  }
  // Words that are left over may belong to a match or to the target: a target with options is then not what it seems.
  const target = isExtension(row.target) ? bareTarget(row.target, unknown, family) : namedTarget(row.target, goto);
  if (!isExtension(row.target)) settle();
  return { matches, target };
}

interface Phrase {
  /** Null for words that ask nothing. */
  readonly match: Match | null;
  readonly length: number;
}

function readPhrase(words: readonly string[], at: number, protocol: string, family: Family): Phrase | null {
  const word = words[at] ?? '';
  const opaque = (length: number): Phrase => ({ match: { kind: 'opaque', text: words.slice(at, at + length).join(' ') }, length });
  if (word.startsWith('/* ')) return { match: { kind: 'comment', negated: false, value: word.slice(3, -3) }, length: 1 };
  // The protocol's own module names itself once: `tcp dpt:80`, and `tcp` alone where it asks nothing.
  if (word === protocol && PROTOCOLS_WITH_PORTS.includes(word)) {
    return /^!?(flags|option)[:=]/.test(words[at + 1] ?? '') ? opaque(2) : { match: null, length: 1 };
  }
  const negation = word === '!' ? 1 : 0;
  if (words[at + negation] === 'owner' && words[at + negation + 1] === 'socket') return opaque(negation + 3);
  if (word === 'socket' && words[at + 1]?.startsWith('--')) return opaque(2);
  const found = findMatch(words, at, family);
  // `owner GID match 7 incl. suppl. groups` takes more packets than the group alone.
  if (found !== null && words[at + found.length] === 'incl.') return opaque(found.length + 3);
  return found;
}

/** The target, where its words begin here; opaque where they go on with something that is not known. */
function readTargetWords(words: readonly string[], at: number, name: string, family: Family): Target | null {
  const word = words[at] ?? '';
  if (!isTargetName(name)) return isExtension(name) && word === name ? opaqueTarget(name, words.slice(at)) : null;
  const { begins, words: pattern, options } = LISTED_TARGETS[name];
  if (!word.startsWith(begins)) return null;
  const rest = words.slice(at);
  const found = rest.length <= MOST_TARGET_WORDS ? pattern.exec(rest.join(' ')) : null;
  const target = found === null ? null : valuedTarget(name, options(found), family);
  return target ?? opaqueTarget(name, rest);
}

function valuedTarget(kind: TargetName, options: readonly (readonly [string, string | undefined])[], family: Family): Target | null {
  const given = new Map(options.flatMap(([option, text]) => (text === undefined ? [] : [[option, unquote(text)] as const])));
  const value = TARGET_FORMS[kind].read(given, family);
  return value === null ? null : ({ kind, value } as Target);
}

function opaqueTarget(name: string, words: readonly string[]): Target {
  return { kind: 'opaque', name, text: [name, ...words].join(' ') };
}

/** A target of iptables that shows no words of its own, which is all there is to a plain REDIRECT. */
function bareTarget(name: string, unknown: readonly string[], family: Family): Target {
  const showsAll = name === 'REDIRECT' || name === 'NFLOG';
  const target = isTargetName(name) && showsAll && unknown.length === 0 ? valuedTarget(name, [], family) : null;
  return target ?? opaqueTarget(name, unknown);
}

function namedTarget(name: string, goto: boolean): Target {
  if (name === '') return { kind: 'none' };
  return VERDICTS.includes(name as Verdict) ? { kind: 'verdict', verdict: name as Verdict } : { kind: 'jump', chain: name, goto };
}
