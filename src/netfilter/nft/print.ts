/** Rules of nft as a listing, as the script that makes them, and as JSON. */

import type { NftSet, SetElement } from '../rule/nft-set.ts';
import type { BaseChain } from '../rule.ts';
import type { Expression } from './expression.ts';
import { expressionsText } from './expression-text.ts';
import type { NftChain, NftRule, NftRuleset, NftTable } from './ruleset.ts';
import { NO_NFT, priorityText } from './ruleset.ts';
import { lookupJson, setJson } from './set-json.ts';
import { expressionsOf } from './to-expressions.ts';

/** Lines to put before a rule; none by default. */
export type Annotate = (rule: NftRule) => readonly string[];

/** A rule as a listing shows it. */
export function nftRuleText(rule: NftRule): string {
  return expressionsText(expressionsOf(rule));
}

/** What `nft -s list ruleset` shows of a plan's tables of nft; empty where it has none. */
export function printNft({ nft = NO_NFT }: { readonly nft?: NftRuleset }): string {
  return printNftRuleset(nft);
}

/** What `nft -s list ruleset` shows, with two spaces for each of its tabs; empty where there is no table. */
export function printNftRuleset({ tables }: NftRuleset, annotate: Annotate = () => []): string {
  return tables.map((table) => tableText(table, annotate)).join('');
}

function tableText({ family, name, sets, chains }: NftTable, annotate: Annotate): string {
  const blocks = [...sets.map(setLines), ...chains.map((chain) => chainLines(chain, annotate))];
  const body = blocks.map((lines) => lines.map((line) => `  ${line}\n`).join('')).join('\n');
  return `table ${family} ${name} {\n${body}}\n`;
}

function setLines({ name, type, data, lines = [], comment, elements }: NftSet): readonly string[] {
  return [
    `${data === undefined ? 'set' : 'map'} ${name} {`,
    `  type ${type}${data === undefined ? '' : ` : ${data}`}`,
    ...lines.map((line) => `  ${line}`),
    ...(comment === undefined ? [] : [`  comment "${comment}"`]),
    ...(elements.length === 0 ? [] : [`  elements = { ${elements.map(elementText).join(', ')} }`]),
    '}',
  ];
}

function elementText({ value, comment, to }: SetElement): string {
  return `${value}${comment === undefined ? '' : ` comment "${comment}"`}${to === undefined ? '' : ` : ${to}`}`;
}

function chainLines({ name, base, rules }: NftChain, annotate: Annotate): readonly string[] {
  return [
    `chain ${name} {`,
    ...(base === undefined ? [] : [`  ${baseText(base)} policy ${base.policy};`]),
    ...rules.flatMap((rule) => [...annotate(rule), nftRuleText(rule)]).map((line) => `  ${line}`),
    '}',
  ];
}

function baseText(base: BaseChain): string {
  return `type ${base.type} hook ${base.hook} priority ${priorityText(base)};`;
}

/** What `nft -f` reads to put these tables in the place of those of the same names, in one transaction. */
export function printNftScript({ tables }: NftRuleset, annotate: Annotate = () => []): string {
  return tables
    .flatMap(({ family, name, sets, chains }) => {
      const table = `${family} ${name}`;
      return [
        `add table ${table}`,
        `flush table ${table}`,
        ...sets.flatMap((set) => setCommands(table, set)),
        ...chains.map((chain) => chainCommand(table, chain)),
        ...chains.flatMap((chain) =>
          chain.rules.flatMap((rule) => [...annotate(rule), `add rule ${table} ${chain.name} ${nftRuleText(rule)}`.trimEnd()]),
        ),
      ];
    })
    .map((line) => `${line}\n`)
    .join('');
}

/** The command that makes a chain. */
export function chainCommand(table: string, { name, base }: Pick<NftChain, 'name' | 'base'>): string {
  return `add chain ${table} ${name}${base === undefined ? '' : ` { ${baseCommand(base)} }`}`;
}

/** What follows the name of a base chain in a command. */
function baseCommand({ type, hook, priority }: BaseChain): string {
  return `type ${type} hook ${hook} priority ${priority} ;`;
}

function setCommands(table: string, { name, type, data, lines = [], comment, elements }: NftSet): readonly string[] {
  const words = [
    data === undefined ? `type ${type}` : `type ${type} : ${data}`,
    ...lines,
    ...(comment === undefined ? [] : [`comment "${comment}"`]),
  ];
  return [
    `add ${data === undefined ? 'set' : 'map'} ${table} ${name} { ${words.map((one) => `${one} ;`).join(' ')} }`,
    ...(elements.length === 0 ? [] : [`add element ${table} ${name} { ${elements.map(elementText).join(', ')} }`]),
  ];
}

/** The elements of `nft -j -s list ruleset`, without what names nft itself, and without handles. */
export function nftElements({ tables }: NftRuleset): readonly object[] {
  return tables.flatMap(({ family, name: table, sets, chains }) => [
    { table: { family, name: table } },
    ...sets.map((set) => setJson(set, family, table)),
    ...chains.map(({ name, base }) => ({
      chain: {
        family,
        table,
        name,
        ...(base === undefined ? {} : { type: base.type, hook: base.hook, prio: base.priority, policy: base.policy }),
      },
    })),
    ...chains.flatMap(({ name: chain, rules }) =>
      rules.map((rule) => ({ rule: { family, table, chain, expr: expressionsOf(rule).map(withLookup) } })),
    ),
  ]);
}

function withLookup(expression: Expression): object {
  return 'words' in expression ? (lookupJson(expression.words) ?? expression) : expression;
}

/** What `nft -j -f` reads, in the shape of `nft -j -s list ruleset`. */
export function printNftJson(ruleset: NftRuleset): string {
  return `${JSON.stringify({ nftables: nftElements(ruleset) }, null, 2)}\n`;
}
