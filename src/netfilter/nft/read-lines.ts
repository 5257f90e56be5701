/** nft's texts of lines read: what `nft list ruleset` shows, and the scripts that `nft -f` takes. */

import type { Family } from '../family.ts';
import { readRules } from '../read.ts';
import type { BaseChain, NftFamily } from '../rule.ts';
import { withDefines } from './defines.ts';
import type { ChainDraft, TableDraft } from './draft.ts';
import { Draft } from './draft.ts';
import { ruleOf } from './from-expressions.ts';
import { elementsIn } from './plain-texts.ts';
import { readExpressions } from './read-expressions.ts';
import type { NftRule, NftRuleset } from './ruleset.ts';
import { readPriority } from './ruleset.ts';

export interface NftRead {
  readonly ruleset: NftRuleset;
  /** Whether iptables-restore-translate wrote it: then what it could not translate, which it keeps as comments, is among the rules. */
  readonly translated?: true;
  /** Lines that stand in a table and are not understood, 1-based. */
  readonly unread: readonly { readonly line: number; readonly text: string }[];
}

const LISTED = /^\s*table (inet|ip6?|arp|bridge|netdev) ([\w./-]+) \{/;
const COMMAND =
  /(?:^|[\s"'])(add|insert|create|flush|delete) (table|chain|rule|set|map|element) (inet|ip6?|arp|bridge|netdev) ([\w./-]+)(?: ([\w./-]+)(?: (.*))?)?$/;

/** Whether a line says so: it opens a table, or is a command. */
export function isNftLine(line: string): boolean {
  return LISTED.test(line) || COMMAND.test(line);
}

function baseOf(text: string): BaseChain | undefined {
  const [, type, hook, priority = ''] = /^type (filter|nat|route) hook (\w+)(?: device \S+)? priority ([^;]+?)\s*;/.exec(text) ?? [];
  const number = readPriority(priority);
  if (type === undefined || hook === undefined || number === null) return undefined;
  const policy = /policy drop/.test(text) ? 'drop' : 'accept';
  return { type: type as BaseChain['type'], hook, priority: number, policy };
}

// NFTNL_UDATA_COMMENT_MAXLEN, and of sets: 128 characters.
const MOST_COMMENT_LINES = 129;
const OPEN_COMMENT = /\bcomment "[^"]*$/;

/**
 * Lines with an empty one in place of each over which a comment goes on: nft prints line breaks in it as they are, and what stands there
 * is no rule. A quotation mark in it stands there as it is, too: where it ends nobody knows, so that the line where it begins is not read.
 */
function withWholeComments(lines: readonly string[], unread: { line: number; text: string }[]): readonly string[] {
  let until = 0;
  return lines.map((line, index) => {
    if (index < until) return index === until - 1 ? line.slice(line.indexOf('"') + 1) : '';
    if (!OPEN_COMMENT.test(line)) return line;
    unread.push({ line: index + 1, text: line.trim() });
    const end = lines.slice(index + 1, index + MOST_COMMENT_LINES).findIndex((one) => one.includes('"'));
    until = end === -1 ? index : index + 2 + end;
    return line.replace(OPEN_COMMENT, '');
  });
}

/** Reads a text of which some line is nft's. Never throws. */
export function readNftLines(text: string): NftRead {
  const draft = new Draft();
  const unread: { line: number; text: string }[] = [];
  const lines = withWholeComments(withDefines(text).split(/\r?\n/), unread);
  let table: TableDraft | undefined;
  let block: { readonly kind: 'chain' | 'set' | 'other'; readonly name: string } | undefined;
  const [, translator] = TRANSLATED.exec(text) ?? [];
  const family: Family = translator === 'ip6' ? 'ip6' : 'ip';
  let open = 0;
  for (const [index, raw] of lines.entries()) {
    const opened = LISTED.exec(raw);
    if (opened === null && table === undefined) {
      if (translator !== undefined && raw.startsWith('# -')) {
        untranslated(draft, raw.slice(2), family, index + 1);
        continue;
      }
      // nft repeats a command that it refuses, and points at a word of it: that one was not done.
      if (/^\s*include\s+"/.test(raw)) unread.push({ line: index + 1, text: raw.trim() });
      else if (!POINTER.test(lines[index + 1] ?? '')) command(draft, raw, index + 1);
      continue;
    }
    if (opened !== null) {
      table = draft.table(opened[1] ?? '', opened[2] ?? '');
      block = undefined;
      open = 0;
    }
    const { statements, depth } = statementsOf(opened === null ? raw : raw.slice(opened[0].length), open);
    open = depth;
    for (const line of statements) {
      // `chain output { # handle 1`, as `nft -a` lists it.
      if (table === undefined || line.startsWith('#')) continue;
      if (block === undefined) {
        const [, kind, name] = /^(\w+) ([\w./-]+) \{$/.exec(line) ?? [];
        if (line === '}') table = undefined;
        else if (/^flags [\w, ]+$/.test(line)) table.dormant ||= /\bdormant\b/.test(line);
        else if (/^comment "[^"]*"$/.test(line)) continue;
        else if (kind === undefined || name === undefined) unread.push({ line: index + 1, text: line });
        else {
          block = { kind: kind === 'chain' ? 'chain' : kind === 'set' || kind === 'map' ? 'set' : 'other', name };
          if (kind === 'chain') draft.chain(table, name);
          if (block.kind === 'set') table.sets.set(name, { name, type: '', elements: [] });
        }
      } else if (line === '}') block = undefined;
      else if (block.kind === 'chain') {
        if (!chainLine(draft.chain(table, block.name), table.family, line, index + 1)) unread.push({ line: index + 1, text: line });
      } else if (block.kind === 'set') setLine(table, block.name, line);
    }
  }
  // A listing that was cut off: nobody knows what came after.
  if (table !== undefined) unread.push({ line: text.trimEnd().split('\n').length, text: text.trimEnd().split('\n').at(-1)?.trim() ?? '' });
  return { ruleset: draft.ruleset(), unread, ...(translator === undefined ? {} : { translated: true }) };
}

const TRANSLATED = /^# Translated by (ip6?)tables(?:-nft|-legacy)?-restore-translate /m;

/**
 * A rule for which nft has no words, or iptables does not know them: it stands in its place, as iptables-restore takes it.
 * The translator of 1.8.9 prints nothing where a word was `!`, so that two spaces stand there.
 */
function untranslated(draft: Draft, text: string, family: Family, line: number): void {
  const [, table = 'filter', chain = '', rest = ''] = /^(?:-t (\S+) )?-A (\S+)(.*)$/.exec(text.replaceAll(/ {2}(?=-)/g, ' ! ')) ?? [];
  const [ruleset] = readRules(`*${table}\n-A ${chain} ${rest.trim()}\nCOMMIT\n`, { family }).rulesets;
  const rules = ruleset?.tables[0]?.chains.find(({ name }) => name === chain)?.rules ?? [];
  const own = draft.chain(draft.table(family, table), chain).rules;
  for (const rule of rules) own.push({ ...rule, counted: true, line });
}

const POINTER = /^\s*[\^~]+[\s^~]*$/;

/**
 * A line's statements: a semicolon ends one, and so does the brace around a block, which people write on one line with it.
 * `open` braces of a list are those of the lines before; `depth` are those that this line leaves open.
 */
function statementsOf(line: string, open: number): { readonly statements: readonly string[]; readonly depth: number } {
  if (line.trim().startsWith('#')) return { statements: [], depth: open };
  const found: string[] = [];
  let [piece, depth, quoted] = ['', open, false];
  const end = (): void => {
    if (piece.trim() !== '') found.push(piece.trim());
    piece = '';
  };
  for (const character of line) {
    if (character === '"') quoted = !quoted;
    if (quoted || !';{}'.includes(character)) piece += character;
    else if (character === ';' && depth === 0) end();
    else if (character === '{' && depth === 0 && BLOCK.test(piece)) {
      piece += character;
      end();
    } else if (character === '}' && depth === 0) {
      end();
      found.push(character);
    } else {
      depth += character === '{' ? 1 : character === '}' ? -1 : 0;
      piece += character;
    }
  }
  end();
  return { statements: found, depth };
}

const BLOCK = /^\s*(?:chain|set|map|flowtable|counter|quota|limit|ct (?:helper|timeout|expectation)|secmark|synproxy) [\w./-]+ $/;

/** False for a line that says where a chain hangs, in words that are not known. */
function chainLine(chain: ChainDraft, family: NftFamily, line: string, at: number): boolean {
  const base = baseOf(`${line};`);
  const [, policy] = /^policy (accept|drop)$/.exec(line) ?? [];
  if (base !== undefined) chain.base = base;
  else if (/^type \w+ hook /.test(line)) return false;
  else if (policy !== undefined && chain.base !== undefined) chain.base = { ...chain.base, policy: policy as BaseChain['policy'] };
  else if (!/^(?:comment|policy) /.test(line)) chain.rules.push({ ...ruleOf(readExpressions(line), family), line: at });
  return true;
}

/** One statement of a set; elements may stand on many lines. */
function setLine(table: TableDraft, name: string, line: string): void {
  const set = table.sets.get(name);
  if (set === undefined) return;
  const { elements, lines = [] } = set;
  const [, comment] = /^comment "([^"]*)"$/.exec(line) ?? [];
  const [, type, data] = /^type (.+?)(?: : (.+))?$/.exec(line) ?? [];
  if (type !== undefined) table.sets.set(name, { ...set, type, ...(data !== undefined && { data }) });
  else if (comment !== undefined) table.sets.set(name, { ...set, comment });
  else if (/^elements = \{/.test(line) || elements.length > 0) {
    const members = line.replace(/^elements = \{/, '').replace(/\}$/, '');
    table.sets.set(name, { ...set, elements: [...elements, ...elementsIn(members)] });
  } else table.sets.set(name, { ...set, lines: [...lines, line] });
}

/** One command of a script, as a log or iptables-translate shows it; other lines are passed over. */
function command(draft: Draft, raw: string, line: number): void {
  const [, verb, what, family = '', tableName = '', name = '', rest = ''] =
    COMMAND.exec(raw.replace(/['"]\s*$/, (end) => (/nft '/.test(raw) ? '' : end)).trimEnd()) ?? [];
  if (verb === undefined) return;
  if (verb === 'delete' || verb === 'flush') {
    if (what !== 'table') return;
    const { chains } = draft.table(family, tableName);
    if (verb === 'delete') draft.remove(family, tableName);
    else for (const chain of chains.values()) chain.rules.length = 0;
    return;
  }
  const table = draft.table(family, tableName);
  if (what === 'chain') {
    const chain = draft.chain(table, name);
    const base = baseOf(rest.replace(/^\{\s*/, ''));
    if (base !== undefined) chain.base = base;
  } else if (what === 'set' || what === 'map') {
    table.sets.set(name, { name, type: '', elements: [] });
    for (const line of rest.replace(/^\s*\{|\}\s*$/g, '').split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/))
      if (line.trim() !== '') setLine(table, name, line.trim());
  } else if (what === 'element') {
    const set = table.sets.get(name) ?? { name, type: '', elements: [] };
    table.sets.set(name, { ...set, elements: [...set.elements, ...elementsIn(rest.replace(/^\{|\}$/g, ''))] });
  } else if (what === 'rule') {
    const { rules } = draft.chain(table, name);
    const [, index, body = ''] = /^(?:index (\d+) )?(.*)$/.exec(rest) ?? [];
    const rule: NftRule = { ...ruleOf(readExpressions(body), table.family), line };
    rules.splice(verb === 'insert' ? Number(index ?? 0) : rules.length, 0, rule);
  }
}
