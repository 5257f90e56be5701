/** One rule's words to a Rule. What is not understood is kept word for word. */

import { parseNetwork } from '../address/network.ts';
import type { Family } from '../family.ts';
import { PROTOCOLS_WITH_PORTS, protocolName } from '../protocols.ts';
import type { KnownMatch, Match } from '../rule/match.ts';
import { MATCH_OPTIONS } from '../rule/options.ts';
import type { Target } from '../rule/target.ts';
import { TARGET_FORMS } from '../rule/target.ts';
import type { Counters, Rule } from '../rule.ts';
import type { Word } from '../words.ts';
import { bareText, quoteWord, unquote } from '../words.ts';
import { matchKindOf } from './match-kind.ts';
import type { RuleWords, Unreadable } from './rule-words.ts';
import { jumpOf, LOAD, startsAnother, takeNegation, wordsSince } from './rule-words.ts';
import { readTarget } from './target.ts';

export type { Unreadable } from './rule-words.ts';

/** What is known of a rule before its words are read. */
export type KnownOfRule = Pick<Rule, 'line' | 'counters'>;

/**
 * Reads what follows `-A CHAIN`. Matches and targets that are not known here become opaque; words
 * that iptables itself would refuse (a port above 65535, an option without its value) are unreadable.
 */
export function readRule(given: readonly Word[], family: Family, known: KnownOfRule = {}): Rule | Unreadable {
  const words = given.some(isAssignment) ? given.flatMap(splitAssignment) : given;
  const rule: RuleWords = { words, family, protocol: protocolIn(words), modules: new Set(), idle: new Set(), headers: new Set(), at: 0 };
  const matches: Match[] = [];
  let target: Target | undefined;
  let counters = known.counters;
  while (rule.at < words.length) {
    const option = bareText(words[rule.at]);
    const jump = jumpOf(option);
    if (jump !== undefined) {
      if (target !== undefined) return { reason: `${option} stands twice` };
      const read = readTarget(rule, jump);
      if ('reason' in read) return read;
      target = read;
    } else if (option === '-c' || option === '--set-counters') {
      const read = readCounters(words[rule.at + 1]?.text, words[rule.at + 2]?.text);
      if ('reason' in read) return read;
      counters = read;
      rule.at += 3;
    } else {
      const read = readMatches(rule);
      if ('reason' in read) return read;
      // One by one: a rule of 64 KiB has more matches than a call takes arguments.
      for (const match of read) matches.push(match);
    }
  }
  for (const module of rule.idle) return { reason: `-m ${module} needs an option` };
  // Property by property: this is the copy that a node's save makes tens of thousands of.
  const read: { -readonly [K in keyof Rule]: Rule[K] } = { matches, target: target ?? { kind: 'none' } };
  if (known.line !== undefined) read.line = known.line;
  if (counters !== undefined) read.counters = counters;
  return read;
}

const OPTIONS: ReadonlySet<string> = new Set([
  ...Object.values(MATCH_OPTIONS).flatMap(({ option, aliases }) => [option, ...aliases]),
  ...Object.values(TARGET_FORMS).flatMap(({ options }) => Object.keys(options)),
  ...['--match', '--jump', '--goto'],
]);

function isAssignment({ raw }: Word): boolean {
  return raw.startsWith('--') && raw.includes('=');
}

// getopt_long takes `--dport=80` for `--dport 80`.
function splitAssignment(word: Word): Word | Word[] {
  const at = isAssignment(word) ? word.raw.indexOf('=') : -1;
  if (at === -1 || !OPTIONS.has(word.raw.slice(0, at))) return word;
  return [word.raw.slice(0, at), word.raw.slice(at + 1)].map((raw) => ({ text: unquote(raw), raw }));
}

const PROTOCOL: readonly string[] = [MATCH_OPTIONS.protocol.option, ...MATCH_OPTIONS.protocol.aliases];

function protocolIn(words: readonly Word[]): string {
  const at = words.findIndex((word) => PROTOCOL.includes(bareText(word)));
  const negated = words[at - 1]?.text === '!' || words[at + 1]?.text === '!';
  return at === -1 || negated ? '' : (protocolName(words[at + 1]?.text ?? '') ?? '');
}

/** The counters that iptables-save -c and iptables -S -v print. */
export function readCounters(packets: string | undefined, bytes: string | undefined): Counters | Unreadable {
  if (packets === undefined || bytes === undefined || !/^\d{1,20}$/.test(packets) || !/^\d{1,20}$/.test(bytes)) {
    return { reason: '-c needs two numbers' };
  }
  return { packets: BigInt(packets), bytes: BigInt(bytes) };
}

/** What one option, or one module with all its options, asks. */
function readMatches(rule: RuleWords): readonly Match[] | Unreadable {
  const start = rule.at;
  const negated = takeNegation(rule);
  if (rule.at >= rule.words.length) return { reason: '"!" stands at the end' };
  const option = bareText(rule.words[rule.at]);
  if (LOAD.includes(option) && !negated) {
    const module = rule.words[rule.at + 1]?.text;
    if (module === undefined) return { reason: `${option} needs the name of a match` };
    rule.at += 2;
    return readModule(rule, module);
  }
  if (option === '-f' || option === '--fragment') {
    rule.at += 1;
    return [{ kind: 'opaque', text: negated ? '! -f' : '-f' }];
  }
  if (/^-[46]$|^--ipv[46]$/.test(option)) {
    rule.at += 1;
    return option.endsWith(rule.family === 'ip' ? '4' : '6') ? [] : { reason: `${option} is for the other family` };
  }
  const kind = matchKindOf('header', option);
  if (kind !== undefined) {
    rule.at += 1;
    if (rule.headers.has(kind)) return { reason: `${option} stands twice` };
    rule.headers.add(kind);
    return readHeader(rule, kind, negated, option);
  }
  // The options of the protocol's own module need no `-m`: `-p tcp --dport 80`.
  if (rule.protocol === '' || !option.startsWith('-'))
    return { reason: `"${rule.words[rule.at]?.text}" is not an option that is known here` };
  rule.at = start;
  if (startsAnother(rule)) return { reason: `"!" can't stand before ${option}` };
  return readModule(rule, rule.protocol);
}

function readHeader(rule: RuleWords, kind: KnownMatch['kind'], negated: boolean, option: string): readonly Match[] | Unreadable {
  const read = readValue(rule, kind, negated, option);
  // `-p all` asks nothing; iptables refuses its opposite, which no packet is.
  if (read?.kind === 'protocol' && read.value === 'all') return read.negated ? { reason: '! -p all is no packet at all' } : [];
  if (read !== null) return matchesAll(read) ? [] : [read];
  const inner = takeNegation(rule);
  const text = rule.words[rule.at]?.text ?? '';
  if (!namesAddresses(text, rule.family)) return { reason: badValue(rule, option) };
  rule.at += 1;
  return [{ kind: 'opaque', text: `${negated !== inner ? '! ' : ''}${MATCH_OPTIONS[kind].option} ${quoteWord(text)}` }];
}

// The kernel keeps no trace of `-s 0.0.0.0/0`.
function matchesAll({ kind, negated, value }: KnownMatch): boolean {
  return (kind === 'source' || kind === 'destination') && !negated && value.prefix === 0;
}

/** Whether iptables takes this for addresses, though no one network says the same: a name, a list, a mask with holes. */
function namesAddresses(text: string, family: Family): boolean {
  return text.split(',').every((part) => {
    const [address = '', mask = '', rest] = part.split('/');
    const holes = parseNetwork(address)?.family === family && parseNetwork(mask)?.family === family;
    const one = parseNetwork(part)?.family === family;
    return rest === undefined && (one || holes || (/^[A-Za-z][A-Za-z0-9_.-]{0,252}$/.test(address) && /^[\d.]*$/.test(mask)));
  });
}

/** The value of an option, with the older spelling of negation (`-d ! 10.0.0.0/8`); null where it is not one, or missing. */
function readValue(rule: RuleWords, kind: KnownMatch['kind'], negatedBefore: boolean, option: string): KnownMatch | null {
  const form = MATCH_OPTIONS[kind];
  const start = rule.at;
  const negated = takeNegation(rule) ? !negatedBefore : negatedBefore;
  const text = rule.words[rule.at]?.text;
  const value = text === undefined || (negated && !form.negatable) ? null : form.read(text, rule.family);
  rule.at = value === null ? start : rule.at + 1;
  return value === null || option === '' ? null : ({ kind, negated, value } as KnownMatch);
}

function badValue(rule: RuleWords, option: string): string {
  const value = rule.words[rule.at]?.raw;
  return value === undefined ? `${option} needs a value` : `${value} is not a value that ${option} takes`;
}

/** A module's options, up to what opens something else. One option that is not known makes all of them opaque. */
function readModule(rule: RuleWords, module: string): readonly Match[] | Unreadable {
  const start = rule.at;
  const name = tableName(rule, module);
  const bare = matchKindOf(name, '');
  const matches: KnownMatch[] = [];
  let understood = MODULES.has(name);
  if (understood) {
    // Loaded once more, it is the last again: `-m mark --mark 1 -m connmark --mark 2 -m mark --mark 3`.
    rule.modules.delete(name);
    rule.modules.add(name);
  }
  if (understood && bare === undefined && name !== 'protocol') rule.idle.add(name);
  while (rule.at < rule.words.length && !startsAnother(rule)) {
    const negated = takeNegation(rule);
    const option = bareText(rule.words[rule.at]);
    const kind = kindIn(rule, option);
    rule.at += 1;
    const read = kind === undefined ? null : readValue(rule, kind, negated, option);
    if (read !== null) matches.push(read);
    else if (kind !== undefined && understood) return { reason: badValue(rule, option) };
    else understood = false;
  }
  if (!understood) {
    rule.idle.delete(name);
    return [{ kind: 'opaque', text: `-m ${quoteWord(module)} ${wordsSince(rule, start)}`.trimEnd() }];
  }
  // `-p tcp -m tcp` without an option asks nothing that `-p tcp` has not asked.
  return bare === undefined ? matches : [{ kind: bare, negated: false, value: true } as KnownMatch, ...matches];
}

const MODULES: ReadonlySet<string> = new Set(
  Object.values(MATCH_OPTIONS)
    .map((form) => form.module)
    .filter((module) => module !== 'header'),
);

/** What the table of options calls a module; empty for one that is not in it. */
function tableName(rule: RuleWords, module: string): string {
  if (module === rule.protocol && PROTOCOLS_WITH_PORTS.includes(module)) return 'protocol';
  return module === 'protocol' || module === 'header' ? '' : module;
}

/** The kind of an option of the module that was loaded last, or of one before it. */
function kindIn(rule: RuleWords, option: string): KnownMatch['kind'] | undefined {
  if (!option.startsWith('-')) return undefined;
  for (const module of [...rule.modules].reverse()) {
    const kind = matchKindOf(module, option);
    if (kind === undefined) continue;
    rule.idle.delete(module);
    return kind;
  }
  return matchKindOf(tableName(rule, rule.protocol), option);
}
