/** What nft's texts show, in the shape of what iptables' texts show. */

import type { Family } from '../family.ts';
import { FAMILIES } from '../family.ts';
import { printRule } from '../print.ts';
import type { ReadProblem } from '../read/problems.ts';
import type { ReadResult, ReadTable } from '../read.ts';
import { hiddenModules } from '../rule/hidden-modules.ts';
import type { Rule, Ruleset, Table } from '../rule.ts';
import type { NftRead } from './read.ts';
import type { NftRule, NftRuleset } from './ruleset.ts';
import { rulesetOfNft } from './ruleset-of-nft.ts';

/**
 * Rules of a text that iptables' forms and nft's stand in: tables of iptables count as its own forms show them, where
 * they do, for nft can't show all that a rule of iptables asks.
 */
export function withNft(both: ReadResult, { ruleset: given, unread, translated }: NftRead): ReadResult {
  // What iptables' forms show of a translation are the rules that it keeps as comments.
  const read = translated === true ? { ...both, rulesets: [], tables: [], unread: [], problems: [], gaps: [] } : both;
  const ruleset = withCounters(given);
  const visible = new Set(read.rulesets.filter(({ tables }) => tables.length > 0).map(({ family }) => family));
  const families = FAMILIES.filter((family) => ruleset.tables.some((table) => table.family === family || table.family === 'inet'));
  const rulesets = FAMILIES.flatMap((family): readonly Ruleset[] => {
    const own = read.rulesets.find((one) => one.family === family);
    if (!families.includes(family)) return own === undefined ? [] : [own];
    const found = rulesetOfNft(ruleset, family).tables.filter(({ nft }) => nft !== undefined || !visible.has(family));
    return [{ family, tables: [...(own?.tables ?? []), ...found.map(withoutHidden)] }];
  });
  const ofNft = families.filter((family) => !visible.has(family)).map((family) => rulesetOfNft(ruleset, family));
  const hidden = ofNft.flatMap(({ family, tables }) => tables.flatMap((table) => hiddenRules(family, table)));
  const tables = families.flatMap((family) =>
    rulesetOfNft(ruleset, family).tables.map(({ name }): ReadTable => ({ family, table: name, form: 'block', stated: true, line: 1 })),
  );
  const problems: readonly ReadProblem[] = unread.map(({ line, text }) => ({
    code: 'unreadable-line',
    severity: 'warning',
    line,
    args: { text: text.slice(0, 200), reason: 'nothing in a table of nft begins so, as far as is known here' },
  }));
  return {
    rulesets,
    tables: [...read.tables, ...tables],
    problems: [...read.problems.filter(({ code }) => code !== 'no-rules-found'), ...problems],
    unread: [...read.unread, ...hidden, ...unread.flatMap(({ line, text }) => lost(families, line, text))],
    gaps: read.gaps,
    ...(hidden.length > 0 && { hiding: ofNft }),
    ...(read.listed && { listed: read.listed }),
  };
}

/** JSON in a form that no release of nft is known to write. */
function isForeignForm({ target }: Rule): boolean {
  return target.kind === 'opaque' && target.text.startsWith('unknown [');
}

/** Of a match of iptables nft may show the name alone, and not what it asks: such a rule is there, and nobody can say what it is. */
function isHidden(rule: Rule): boolean {
  return hiddenModules(rule).length > 0 || isForeignForm(rule);
}

function withoutHidden(table: Table): Table {
  if (table.nft !== undefined) return table;
  return { ...table, chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.filter((rule) => !isHidden(rule)) })) };
}

function hiddenRules(family: Family, { nft, name, chains }: Table): ReadResult['unread'] {
  if (nft !== undefined) return [];
  return chains.flatMap(({ name: chain, rules }) =>
    rules.filter(isHidden).map((rule) => ({
      family,
      table: name,
      chain,
      line: 1,
      text: printRule(rule),
      ...(isForeignForm(rule)
        ? { reason: 'its JSON is in a form that is not known' }
        : { reason: 'nft shows that it asks more, and not what; iptables-save does', matched: hiddenModules(rule) }),
    })),
  );
}

/** A line of nobody knows which table may be anything of any. */
function lost(families: readonly Family[], line: number, text: string): ReadResult['unread'] {
  return families.map((family) => ({ family, table: 'nat', line, text, reason: 'it is not understood' }));
}

/** A listing without numbers (`nft -s`) shows that a rule counts, and not how much. */
function withCounters({ tables }: NftRuleset): NftRuleset {
  const visible = (rule: NftRule): NftRule =>
    rule.counted && rule.counters === undefined ? { ...rule, counters: { packets: 0n, bytes: 0n, hidden: true } } : rule;
  return {
    tables: tables.map((table) => ({ ...table, chains: table.chains.map((chain) => ({ ...chain, rules: chain.rules.map(visible) })) })),
  };
}
