/** What one family meets of nft's tables, in the shape of every other rule set. */

import type { Family } from '../family.ts';
import { familyOfAddress } from '../family.ts';
import type { Match } from '../rule/match.ts';
import { needsConntrack } from '../rule/needs-conntrack.ts';
import type { Target } from '../rule/target.ts';
import type { Chain, NftFamily, Rule, Ruleset, Table } from '../rule.ts';
import { isBuiltIn, TABLES } from '../rule.ts';
import { ruleOf } from './from-expressions.ts';
import { plainMatches } from './plain-matches.ts';
import { plainTexts } from './plain-texts.ts';
import { nftRuleText } from './print.ts';
import { readExpressions } from './read-expressions.ts';
import type { NftChain, NftRule, NftRuleset, NftTable } from './ruleset.ts';

/** The tables that packets of the family pass through, without the rules that no packet of it can match. */
export function rulesetOfNft({ tables }: NftRuleset, family: Family): Ruleset {
  const met = tables.filter((table) => table.family === family || table.family === 'inet');
  return { family, tables: met.map((table): Table => tableOf(table, family)) };
}

function tableOf(table: NftTable, family: Family): Table {
  const { family: nft, name, chains, sets } = table;
  const made = chains.map((chain) => chainOf(chain, nft, family));
  if (!isOfIptables(table)) {
    const others = chains.flatMap(({ rules }) => rules.filter((rule) => !concerns(rule, family)));
    return {
      name: `${nft} ${name}`,
      nft,
      chains: made,
      ...(sets.length > 0 && { sets }),
      ...(others.some(tracksBoth) && { tracks: true }),
    };
  }
  // A translation tells nothing of the chains that a table is born with.
  const listed = made.map((chain): Chain => (chain.base === undefined ? { ...chain, policy: 'unknown' } : chain));
  const plain = listed.map(({ base: _, ...chain }): Chain => ({ ...chain, rules: chain.rules.map(({ text: __, ...rule }) => rule) }));
  return { name, chains: plain.map((chain) => (isBuiltIn(name, chain.name) ? chain : { ...chain, policy: '-' as const })) };
}

/** A translation to addresses is of their family alone. */
function tracksBoth(rule: Rule): boolean {
  return rule.target.kind !== 'DNAT' && rule.target.kind !== 'SNAT' && needsConntrack(rule);
}

/** iptables-nft keeps its tables among those of nft: known by their names, and those of the chains that hang. */
function isOfIptables({ family, name, chains }: NftTable): boolean {
  if ((family !== 'ip' && family !== 'ip6') || !TABLES.includes(name)) return false;
  return chains.every((chain) => chain.base === undefined || isBuiltIn(name, chain.name));
}

function chainOf({ name, base, rules }: NftChain, nft: NftFamily, family: Family): Chain {
  return {
    name,
    policy: base === undefined ? '-' : base.policy === 'drop' ? 'DROP' : 'ACCEPT',
    ...(base === undefined ? {} : { base }),
    rules: rules.filter((rule) => concerns(rule, family)).map((rule) => withText(rule, nft, family)),
  };
}

/** In a table of one family nobody needs to be told which it is. */
function withText({ counted: _, thought: __, ...rule }: NftRule, nft: NftFamily, family: Family): Rule {
  const { matches, target } = ruleFor(rule, family);
  return { ...rule, matches, target, text: nftRuleText({ ...rule, ...(nft !== 'inet' && { matches }), counted: false }) };
}

/** What packets of the family are asked. What translates to the other one matches, and does nothing (`nft_nat_inet_eval`). */
function ruleFor({ matches, target }: Rule, family: Family): Pick<Rule, 'matches' | 'target'> {
  return {
    matches: matches.filter((match) => match.kind !== 'opaque' || matchedFamily(match.text) === undefined),
    target: (translatedFamily(target) ?? family) === family ? target : { kind: 'none' },
  };
}

/**
 * A rule with others in its place that look nothing up, each with what it asks and does, as a packet of the family meets them:
 * of these the first that matches is the last that is asked.
 */
export function rulesWithoutLookups(rule: Rule, { nft, sets = [] }: Pick<Table, 'nft' | 'sets'>, family: Family): readonly Rule[] {
  const { text, matches, target } = rule;
  if (nft === undefined || text === undefined || (target.kind !== 'opaque' && !matches.some(({ kind }) => kind === 'opaque')))
    return [rule];
  const texts = plainTexts(text, sets);
  if (texts.length === 1 && texts[0] === text) return [{ ...rule, matches: matches.flatMap(plainMatches) }];
  return texts
    .map((one) => ruleOf(readExpressions(one), nft))
    .filter((one) => concerns(one, family))
    .map((one) => ruleFor(one, family))
    .map((one) => ({ ...rule, ...one, matches: one.matches.flatMap(plainMatches) }));
}

function concerns({ matches, target }: Rule, family: Family): boolean {
  return matches.every((match) => (familyOf(match) ?? family) === family) && (targetFamily(target) ?? family) === family;
}

/** The family that a match is limited to: `ip daddr != 127.0.0.1` is asked of IPv4 only. */
function familyOf(match: Match): Family | undefined {
  if (match.kind === 'source' || match.kind === 'destination') return match.value.family;
  if (match.kind !== 'opaque') return undefined;
  return matchedFamily(match.text) ?? (/^(ip6?) /.exec(match.text)?.[1] as Family | undefined);
}

/** `meta nfproto ipv4`: the family that words ask for, and nothing else. */
function matchedFamily(text: string): Family | undefined {
  const [, not, version] = /^meta nfproto (!= )?ipv([46])$/.exec(text) ?? [];
  if (version === undefined) return undefined;
  return (version === '4') === (not === undefined) ? 'ip' : 'ip6';
}

/** The family that a target is for, or that its words look at first: `ip daddr . tcp dport vmap @services`. */
function targetFamily(target: Target): Family | undefined {
  if (target.kind === 'opaque') return /^(ip6?) /.exec(target.text)?.[1] as Family | undefined;
  if (target.kind !== 'TPROXY') return undefined;
  return familyOfAddress(target.value.address);
}

function translatedFamily(target: Target): Family | undefined {
  if (target.kind !== 'SNAT' && target.kind !== 'DNAT') return undefined;
  const { to } = target.value;
  return to.includes(':') && !/^[\d.]*:\d/.test(to) ? 'ip6' : 'ip';
}
