/** The words behind a listing's columns, back to matches and a target. What is not understood becomes opaque. */

import type { Family } from '../family.ts';
import type { Row } from '../list/extension-words.ts';
import { MATCH_ROWS, MATCH_START, TARGET_ROWS } from '../list/extension-words.ts';
import { LISTED_TARGETS } from '../list/forms.ts';
import { findMatch } from '../list/patterns.ts';
import { PROTOCOLS_WITH_PORTS } from '../protocols.ts';
import type { Match } from '../rule/match.ts';
import type { Target, TargetName, Verdict } from '../rule/target.ts';
import { isTargetName, TARGET_FORMS, VERDICTS } from '../rule/target.ts';
import { splitWords, unquote } from '../words.ts';
import { readRule } from './rule.ts';
import type { Unreadable } from './rule-words.ts';
import { isExtension } from './target.ts';

/** The columns that say how the words are meant. */
export interface RowStart {
  /** The column `target`; empty for a rule without one. */
  readonly target: string;
  /** The name of the protocol; empty where it is negated or `all`. */
  readonly protocol: string;
}

// The words of a target are few; a row with more has something else in them.
const MOST_TARGET_WORDS = 12;

/** What the words show. */
export interface ListedRest {
  readonly matches: readonly Match[];
  readonly target: Target;
}

/** Reads the words behind the columns of one row; a comment and a quoted text are one word each. */
export function readListWords(words: readonly string[], row: RowStart, family: Family): ListedRest | Unreadable {
  const goto = words[0] === '[goto]';
  const matches: Match[] = [];
  let unknown: string[] = [];
  for (let at = goto ? 1 : 0; at < words.length; ) {
    const extension = readExtension(words, at, family);
    const found = extension === null ? readPhrase(words, at, row.protocol, family) : null;
    const target = extension === null && found === null ? readTargetWords(words, at, row.target, family) : null;
    if (found === null && target === null && extension === null) {
      unknown.push(words[at] ?? '');
      at += 1;
      continue;
    }
    const before = opaqueMatches(unknown, family);
    if ('reason' in before) return before;
    for (const match of before) matches.push(match);
    unknown = [];
    if (target !== null) return { matches, target };
    if (found?.match) matches.push(found.match);
    if (extension !== null) matches.push(...extension.matches);
    at += (found ?? extension)?.length ?? 1;
  }
  if (!isExtension(row.target)) {
    const left = opaqueMatches(unknown, family);
    return 'reason' in left ? left : { matches: [...matches, ...left], target: namedTarget(row.target, goto) };
  }
  // Words that are left over may belong to a match or to the target: a target with options is then not what it seems.
  const target = bareTarget(row.target, unknown, family);
  return 'reason' in target ? target : { matches, target };
}

// The longest row has 14 words.
const MOST_EXTENSION_WORDS = 16;

/** A match that is not understood, as the options that its words stand for. */
function readExtension(
  words: readonly string[],
  at: number,
  family: Family,
): { readonly matches: readonly Match[]; readonly length: number } | null {
  if (!MATCH_START.test(words[at] ?? '')) return null;
  const text = words.slice(at, at + MOST_EXTENSION_WORDS).join(' ');
  const [found, options] = optionsOf(text, MATCH_ROWS) ?? [];
  if (found === undefined || options === undefined) return null;
  const rule = readRule(splitWords(options) ?? [], family);
  if ('reason' in rule || rule.target.kind !== 'none') return null;
  // A comment and a quoted text are one word each, which may have blanks in it.
  let length = 0;
  for (let read = -1; read < found.length; length += 1) read += 1 + (words[at + length] ?? '').length;
  return { matches: rule.matches, length };
}

/** What a row of the table makes of the start of a text; a value that looks like an option is none of a listing. */
function optionsOf(text: string, rows: readonly Row[]): readonly [found: string, options: string] | undefined {
  for (const { words, options } of rows) {
    const found = words().exec(text);
    if (found === null) continue;
    const read = options(found);
    if (!found.slice(1).some((value) => value?.startsWith('-')) && splitWords(read) !== null) return [found[0], read];
  }
  return undefined;
}

/**
 * Words that are not understood. iptables refuses a rule in which such words stand, so nothing is printed with them as a
 * command; an option (`-j DROP`) would be taken, and is read as what it would be there.
 */
function opaqueMatches(words: readonly string[], family: Family): readonly Match[] | Unreadable {
  if (words.length === 0) return [];
  if (!beginsWithOption(words)) return [{ kind: 'opaque', text: words.join(' '), listed: true }];
  const rule = readRule(splitWords(words.join(' ')) ?? [], family);
  if ('reason' in rule) return rule;
  return rule.target.kind === 'none' ? rule.matches : { reason: `${words[0]} is not what a listing shows` };
}

function beginsWithOption(words: readonly string[]): boolean {
  return (words[0] === '!' ? words[1] : words[0])?.startsWith('-') ?? false;
}

interface Phrase {
  /** Null for words that ask nothing. */
  readonly match: Match | null;
  readonly length: number;
}

function readPhrase(words: readonly string[], at: number, protocol: string, family: Family): Phrase | null {
  const word = words[at] ?? '';
  const opaque = (length: number): Phrase => ({
    match: { kind: 'opaque', text: words.slice(at, at + length).join(' '), listed: true },
    length,
  });
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
  if (words.length === 0) return { kind: 'opaque', name, text: name };
  const [, options] = optionsOf(words.join(' '), TARGET_ROWS[name] ?? []) ?? [];
  if (options !== undefined) return { kind: 'opaque', name, text: `${name} ${options}`.trimEnd() };
  return { kind: 'opaque', name, text: [name, ...words].join(' '), listed: true };
}

/** A target of iptables that shows no words of its own, which is all there is to a plain REDIRECT. */
function bareTarget(name: string, unknown: readonly string[], family: Family): Target | Unreadable {
  if (beginsWithOption(unknown)) {
    const rule = readRule(splitWords(`-j ${name} ${unknown.join(' ')}`) ?? [], family);
    if ('reason' in rule) return rule;
    return rule.matches.length === 0 ? rule.target : { reason: `${unknown[0]} is not what a listing shows` };
  }
  const showsAll = name === 'REDIRECT' || name === 'NFLOG';
  const target = isTargetName(name) && showsAll && unknown.length === 0 ? valuedTarget(name, [], family) : null;
  return target ?? opaqueTarget(name, unknown);
}

function namedTarget(name: string, goto: boolean): Target {
  if (name === '') return { kind: 'none' };
  return VERDICTS.includes(name as Verdict) ? { kind: 'verdict', verdict: name as Verdict } : { kind: 'jump', chain: name, goto };
}
