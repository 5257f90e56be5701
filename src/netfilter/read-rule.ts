/** One rule's words to a Rule. What is not understood is kept word for word. */

import type { KnownMatch, Match } from './match.ts';
import { MATCH_OPTIONS, matchKindOf } from './options.ts';
import { PROTOCOLS_WITH_PORTS } from './protocols.ts';
import type { Family, Rule } from './rule.ts';
import type { Target, TargetName, Verdict } from './target.ts';
import { isTargetName, TARGET_FORMS, VERDICTS } from './target.ts';
import type { Word } from './words.ts';

const JUMPS: Readonly<Record<string, 'jump' | 'goto'>> = { '-j': 'jump', '--jump': 'jump', '-g': 'goto', '--goto': 'goto' };
const LOAD = ['-m', '--match'];

/** Why a rule's words are not a rule, in words for a person. */
export interface Unreadable {
  readonly reason: string;
}

/** A cursor over the words of one rule. */
interface Cursor {
  readonly words: readonly Word[];
  at: number;
}

/**
 * Reads what follows `-A CHAIN`. Matches and targets that are not known here become opaque; words
 * that iptables itself would refuse (a port above 65535, an option without its value) are unreadable.
 */
export function readRule(words: readonly Word[], family: Family): Rule | Unreadable {
  const cursor: Cursor = { words, at: 0 };
  const matches: Match[] = [];
  let target: Target = { kind: 'none' };
  let protocol = '';
  while (cursor.at < words.length) {
    const negated = takeNegation(cursor);
    const word = words[cursor.at];
    if (word === undefined) return { reason: '"!" stands at the end' };
    const jump = JUMPS[word.text];
    if (jump !== undefined && !negated) {
      const read = readTarget(cursor, jump, family);
      if ('reason' in read) return read;
      target = read;
    } else if (LOAD.includes(word.text) && !negated) {
      const module = words[cursor.at + 1]?.text;
      if (module === undefined) return { reason: `${word.text} needs the name of a match` };
      cursor.at += 2;
      const read = readModule(cursor, module, protocol, family);
      if ('reason' in read) return read;
      matches.push(...read);
    } else {
      const read = readOption(cursor, word, negated, protocol, family);
      if ('reason' in read) return read;
      if (read.kind === 'protocol') protocol = read.value;
      if (read.kind !== 'protocol' || read.value !== 'all') matches.push(read);
    }
  }
  return { matches, target };
}

function takeNegation(cursor: Cursor): boolean {
  if (cursor.words[cursor.at]?.text !== '!') return false;
  cursor.at += 1;
  return true;
}

/** A header option (`-s`, `-p`), or an option of the protocol's own module without `-m` (`-p tcp --dport 80`). */
function readOption(cursor: Cursor, word: Word, negated: boolean, protocol: string, family: Family): KnownMatch | Unreadable {
  const ownModule = PROTOCOLS_WITH_PORTS.includes(protocol) ? 'protocol' : '';
  const kind = matchKindOf('header', word.text) ?? matchKindOf(ownModule, word.text);
  if (kind === undefined) return { reason: `"${word.text}" is not an option that is known here` };
  cursor.at += 1;
  return readValue(cursor, kind, negated, word.text, family) ?? { reason: badValue(cursor, word.text) };
}

function badValue(cursor: Cursor, option: string): string {
  const value = cursor.words[cursor.at]?.raw;
  return value === undefined ? `${option} needs a value` : `${value} is not a value that ${option} takes`;
}

function readValue(cursor: Cursor, kind: KnownMatch['kind'], negatedBefore: boolean, option: string, family: Family): KnownMatch | null {
  const form = MATCH_OPTIONS[kind];
  // `-d ! 10.0.0.0/8` is the older spelling of `! -d 10.0.0.0/8`.
  const negated = option !== '' && takeNegation(cursor) ? !negatedBefore : negatedBefore;
  const text = option === '' ? '' : cursor.words[cursor.at]?.text;
  if (text === undefined || (negated && !form.negatable)) return null;
  const value = form.read(text, family);
  if (value === null) return null;
  if (option !== '') cursor.at += 1;
  return { kind, negated, value } as KnownMatch;
}

/** The options of one `-m MODULE`; the whole of it stays text unless every option is understood. */
function readModule(cursor: Cursor, module: string, protocol: string, family: Family): readonly Match[] | Unreadable {
  const start = cursor.at;
  const known = module === protocol && PROTOCOLS_WITH_PORTS.includes(module) ? 'protocol' : module;
  const matches: KnownMatch[] = [];
  let understood = known === 'protocol' || matchKindOf(known, '') !== undefined || hasOptions(known);
  while (cursor.at < cursor.words.length && !startsAnother(cursor)) {
    const before = cursor.at;
    const negated = takeNegation(cursor);
    const option = cursor.words[cursor.at]?.text ?? '';
    const kind = matchKindOf(known, option);
    cursor.at += 1;
    const read = kind === undefined ? null : readValue(cursor, kind, negated, option, family);
    if (read !== null) matches.push(read);
    else if (kind !== undefined && understood) return { reason: badValue(cursor, option) };
    else understood = false;
    if (cursor.at === before) cursor.at += 1;
  }
  const bare = matchKindOf(known, '');
  if (understood && bare !== undefined) return [{ kind: bare, negated: false, value: true } as KnownMatch];
  // `-p tcp -m tcp` without an option asks nothing that `-p tcp` has not asked.
  if (understood && (matches.length > 0 || known === 'protocol')) return matches;
  const raw = cursor.words.slice(start, cursor.at).map((word) => word.raw);
  return [{ kind: 'opaque', text: [`-m ${module}`, ...raw].join(' ') }];
}

function hasOptions(module: string): boolean {
  return Object.values(MATCH_OPTIONS).some((form) => form.module === module);
}

/** Whether the next word opens another module, a target or a header option, a `!` before it included. */
function startsAnother(cursor: Cursor): boolean {
  const here = cursor.words[cursor.at]?.text;
  const text = here === '!' ? cursor.words[cursor.at + 1]?.text : here;
  return text === undefined || LOAD.includes(text) || text in JUMPS || matchKindOf('header', text) !== undefined;
}

function readTarget(cursor: Cursor, jump: 'jump' | 'goto', family: Family): Target | Unreadable {
  const option = cursor.words[cursor.at]?.text ?? '';
  const name = cursor.words[cursor.at + 1];
  if (name === undefined) return { reason: `${option} needs a target` };
  cursor.at += 2;
  const start = cursor.at;
  if (VERDICTS.includes(name.text as Verdict)) return { kind: 'verdict', verdict: name.text as Verdict };
  if (isTargetName(name.text)) {
    const target = readValuedTarget(cursor, name.text, family);
    if (target !== null) return target;
    cursor.at = start;
  }
  while (cursor.at < cursor.words.length && !startsAnother(cursor)) cursor.at += 1;
  const rest = cursor.words.slice(start, cursor.at).map((word) => word.raw);
  // A chain has no options of its own; a name in capitals with options is a target of some extension.
  if (rest.length === 0 && !isTargetName(name.text) && !EXTENSIONS.includes(name.text)) return { kind: 'jump', chain: name.text, goto: jump === 'goto' };
  return { kind: 'opaque', name: name.text, text: [name.raw, ...rest].join(' ') };
}

// Targets of extensions that may stand without options and would otherwise look like a jump to a chain.
const EXTENSIONS = ['AUDIT', 'CHECKSUM', 'CLUSTERIP', 'ECN', 'LOG', 'MASQUERADE', 'NETMAP', 'NFQUEUE', 'NOTRACK', 'TRACE', 'TCPMSS', 'ULOG'];

function readValuedTarget(cursor: Cursor, kind: TargetName, family: Family): Target | null {
  const form = TARGET_FORMS[kind];
  const given = new Map<string, string>();
  while (cursor.at < cursor.words.length && !startsAnother(cursor)) {
    const option = cursor.words[cursor.at]?.text ?? '';
    const count = form.options[option];
    const value = count === 1 ? cursor.words[cursor.at + 1]?.text : '';
    if (count === undefined || value === undefined) return null;
    given.set(option, value);
    cursor.at += 1 + count;
  }
  const value = form.read(given, family);
  return value === null ? null : ({ kind, value } as Target);
}
