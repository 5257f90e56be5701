/** A cursor over the words of one rule. */

import type { Family } from '../family.ts';
import { MATCH_OPTIONS } from '../rule/options.ts';
import type { Word } from '../words.ts';
import { bareText, printWord } from '../words.ts';

/** Why words are not a rule, in words for a person. */
export interface Unreadable {
  readonly reason: string;
}

export interface RuleWords {
  readonly words: readonly Word[];
  readonly family: Family;
  /** What `-p` names, wherever it stands; empty for none, and where it is negated. */
  readonly protocol: string;
  /** The known modules that `-m` has loaded so far: an option belongs to the last of them that has it. */
  readonly modules: Set<string>;
  /** Those of them that still wait for an option. */
  readonly idle: Set<string>;
  /** The header options that have stood already; iptables takes each once. */
  readonly headers: Set<string>;
  at: number;
}

export const LOAD: readonly string[] = ['-m', '--match'];

const JUMPS: ReadonlyMap<string, 'jump' | 'goto'> = new Map([
  ['-j', 'jump'],
  ['--jump', 'jump'],
  ['-g', 'goto'],
  ['--goto', 'goto'],
]);

/** Words that belong to the rule itself and to none of its modules. */
const RULE_FLAGS: readonly string[] = ['-f', '--fragment', '-c', '--set-counters', '-4', '--ipv4', '-6', '--ipv6'];

const OPENING: ReadonlySet<string> = new Set([
  ...LOAD,
  ...JUMPS.keys(),
  ...RULE_FLAGS,
  ...Object.values(MATCH_OPTIONS).flatMap(({ module, option, aliases }) => (module === 'header' ? [option, ...aliases] : [])),
]);

/**
 * Whether a text can be a chain's name: at most 28 characters ("must be under 29 chars", iptables 1.8.9).
 * iptables takes any others as well; those that a shell or iptables-restore gives a meaning are refused here,
 * because names reach the texts for both.
 */
export function isChainName(text: string): boolean {
  return /^[^\s\p{Cc}"'`\\!$&|;<>()*?[\]{}-][^\s\p{Cc}"'`\\!$&|;<>()*?[\]{}]{0,27}$/u.test(text);
}

/** Whether an option opens a target. */
export function jumpOf(option: string): 'jump' | 'goto' | undefined {
  return JUMPS.get(option);
}

/** Takes a `!` if one stands here; a shell's log (set -x) has it as `'!'`. */
export function takeNegation(rule: RuleWords): boolean {
  if (!isNegation(rule.words[rule.at])) return false;
  rule.at += 1;
  return true;
}

function isNegation(word: Word | undefined): boolean {
  return bareText(word) === '!' || word?.raw === "'!'";
}

/** Whether the next word opens another module, a target or a header option, a `!` before it included. */
export function startsAnother(rule: RuleWords): boolean {
  const at = isNegation(rule.words[rule.at]) ? rule.at + 1 : rule.at;
  return at >= rule.words.length || OPENING.has(bareText(rule.words[at]));
}

/** Goes on to the word that opens something else. */
export function skipToAnother(rule: RuleWords): void {
  while (rule.at < rule.words.length && !startsAnother(rule)) rule.at += 1;
}

/** The words from `start` up to here, quoted as iptables-restore needs them. */
export function wordsSince(rule: RuleWords, start: number): string {
  return rule.words.slice(start, rule.at).map(printWord).join(' ');
}
