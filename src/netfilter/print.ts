/** The same rules as iptables-save prints them, as iptables-restore reads them, and as single commands. */

import type { Family } from './family.ts';
import { printable } from './printable.ts';
import type { KnownMatch, Match, MatchKind, MatchValues } from './rule/match.ts';
import { iptablesTables, normalRule } from './rule/normal.ts';
import { MATCH_OPTIONS } from './rule/options.ts';
import { printTarget } from './rule/target.ts';
import type { Chain, Rule, Ruleset, Table } from './rule.ts';
import { isBuiltIn } from './rule.ts';
import { quoteForPasting, quoteForShell, splitWords } from './words.ts';

/** Lines to put before a rule (`# why it is there`); none by default. */
export type Annotate = (rule: Rule) => readonly string[];

const noAnnotation: Annotate = () => [];

/** The program that changes one family's tables. */
export function iptables(family: Family): 'iptables' | 'ip6tables' {
  return family === 'ip' ? 'iptables' : 'ip6tables';
}

/** A rule's matches and target in the kernel's spelling (`-p tcp -m tcp --dport 80 -j RETURN`). */
export function printRule(rule: Rule): string {
  if (rule.text !== undefined) return rule.text;
  const known = PRINTED.get(rule);
  if (known !== undefined) return known;
  const text = printed(rule);
  if (Object.isFrozen(rule)) PRINTED.set(rule, text);
  return text;
}

/** A rule as iptables has to be told of it, with its comment: without it `-D` finds no rule, and what is put back keeps it. */
export function printWholeRule(rule: Rule): string {
  const matches = rule.matches.map(
    (match): Match => (match.kind === 'comment' ? { kind: 'opaque', text: `-m comment ${printMatch(match)}` } : match),
  );
  return printRule({ ...rule, matches });
}

// A plan's rules, which never change: a run of the init container prints each of them nine times.
const PRINTED = new WeakMap<Rule, string>();

function printed(rule: Rule): string {
  const { matches, target } = normalRule(rule);
  return [printMatches(matches), printTarget(target)].filter((part) => part !== '').join(' ');
}

function printMatches(matches: readonly Match[]): string {
  const protocol = matches.find((match) => match.kind === 'protocol');
  const words: string[] = [];
  let loaded = '';
  let seen = new Set<string>();
  for (const match of matches) {
    if (match.kind === 'unknown') continue;
    if (match.kind === 'opaque') {
      words.push(match.text);
      loaded = '';
      continue;
    }
    const declared = MATCH_OPTIONS[match.kind].module;
    const module = declared === 'protocol' ? String(protocol?.value ?? '') : declared;
    // A module that is asked the same question twice is loaded twice: `-m owner ! --gid-owner 1 -m owner ! --gid-owner 2`;
    // multiport takes a single option each time.
    if (module !== 'header' && (module !== loaded || seen.has(match.kind) || module === 'multiport')) {
      words.push(`-m ${module}`);
      seen = new Set();
    }
    loaded = module;
    seen.add(match.kind);
    words.push(printMatch(match));
  }
  return words.filter((word) => word !== '').join(' ');
}

/** One match without its module (`! --dport 53`). */
export function printMatch(match: KnownMatch): string {
  const { option } = MATCH_OPTIONS[match.kind];
  return `${match.negated ? '! ' : ''}${option} ${printValue(match.kind, match.value)}`.trim();
}

function printValue<K extends MatchKind>(kind: K, value: MatchValues[MatchKind]): string {
  return MATCH_OPTIONS[kind].print(value as MatchValues[K]);
}

/** What iptables-save prints in normal form, without counters; an empty string for an empty ruleset. */
export function printSave(ruleset: Ruleset, annotate: Annotate = noAnnotation): string {
  return iptablesTables(ruleset)
    .map((table) =>
      block(table, (chain) => `:${chain.name} ${chain.policy === 'unknown' ? 'ACCEPT' : chain.policy}`, table.chains, annotate),
    )
    .join('');
}

/** What iptables-restore reads to make the same rules in an empty namespace: it declares only the chains to be made. */
export function printRestore(ruleset: Ruleset, annotate: Annotate = noAnnotation): string {
  return iptablesTables(ruleset)
    .map((table) => {
      const own = table.chains.filter((chain) => !isBuiltIn(table.name, chain.name));
      return block(table, (chain) => `:${chain.name} - [0:0]`, own, annotate);
    })
    .join('');
}

function block(table: Table, declare: (chain: Chain) => string, declared: readonly Chain[], annotate: Annotate): string {
  const lines = [`*${table.name}`, ...declared.map(declare)];
  for (const chain of table.chains) {
    for (const rule of chain.rules) lines.push(...annotate(rule), appendRule(chain, rule));
  }
  lines.push('COMMIT', '');
  return lines.join('\n');
}

function appendRule(chain: Chain, rule: Rule): string {
  return `-A ${chain.name} ${printRule(rule)}`.trimEnd();
}

/** One command a line, in an order in which each works: first the chains of a table, then its rules. */
export function printCommands(ruleset: Ruleset, annotate: Annotate = noAnnotation): string {
  const program = iptables(ruleset.family);
  const lines: string[] = [];
  for (const table of iptablesTables(ruleset)) {
    const prefix = `${program} -t ${table.name}`;
    const own = table.chains.filter((chain) => !isBuiltIn(table.name, chain.name));
    lines.push(...own.map((chain) => `${prefix} -N ${chain.name}`));
    for (const chain of table.chains) {
      for (const rule of chain.rules) lines.push(...annotate(rule), `${prefix} ${forShell(appendRule(chain, rule))}`);
    }
  }
  return lines.map((line) => `${line}\n`).join('');
}

/** A line for somebody to copy into a shell. */
export function forPasting(line: string): string {
  const words = splitWords(line);
  return words === null ? quoteForPasting(line) : words.map(({ text }) => quoteForPasting(text)).join(' ');
}

/** A line for a shell: text of others' rules is kept word for word, and "$(...)" in it would be read as a command. */
function forShell(line: string): string {
  // A script may be dash's; what no output shows as it is has to be said in bash's way all the same.
  const quote = (text: string): string => (printable(text) === text ? quoteForShell(text) : quoteForPasting(text));
  const words = splitWords(line);
  return words === null ? quote(line) : words.map(({ text }) => quote(text)).join(' ');
}
