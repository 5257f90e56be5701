/** What one family meets of nft's tables, in the shape of every other rule set. */

import type { Family } from '../family.ts';
import type { Match } from '../match.ts';
import type { Chain, Rule, Ruleset, Table } from '../rule.ts';
import { isBuiltIn, TABLES } from '../rule.ts';
import type { Target } from '../target.ts';
import { nftRuleText } from './print.ts';
import type { NftChain, NftRule, NftRuleset, NftTable } from './ruleset.ts';

/** The tables that packets of the family pass through, without the rules that no packet of it can match. */
export function rulesetOfNft({ tables }: NftRuleset, family: Family): Ruleset {
  const met = tables.filter((table) => table.family === family || table.family === 'inet');
  return { family, tables: met.map((table): Table => tableOf(table, family)) };
}

function tableOf(table: NftTable, family: Family): Table {
  const { family: nft, name, chains } = table;
  const made = chains.map((chain) => chainOf(chain, family));
  if (!isOfIptables(table)) return { name: `${nft} ${name}`, nft, chains: made };
  const plain = made.map(({ base: _, ...chain }): Chain => ({ ...chain, rules: chain.rules.map(({ text: __, ...rule }) => rule) }));
  return { name, chains: plain.map((chain) => (isBuiltIn(name, chain.name) ? chain : { ...chain, policy: '-' as const })) };
}

/** iptables-nft keeps its tables among those of nft: known by their names, and those of the chains that hang. */
function isOfIptables({ family, name, chains }: NftTable): boolean {
  if ((family !== 'ip' && family !== 'ip6') || !TABLES.includes(name)) return false;
  return chains.every((chain) => chain.base === undefined || isBuiltIn(name, chain.name));
}

function chainOf({ name, base, rules }: NftChain, family: Family): Chain {
  return {
    name,
    policy: base === undefined ? '-' : base.policy === 'drop' ? 'DROP' : 'ACCEPT',
    ...(base === undefined ? {} : { base }),
    rules: rules.filter((rule) => concerns(rule, family)).map(asMet),
  };
}

/** As packets of a family that it concerns meet it: whether they are of that family is no question. */
function asMet({ counted: _, ...rule }: NftRule): Rule {
  const matches = rule.matches.filter((match) => match.kind !== 'opaque' || !OF_A_FAMILY.test(match.text));
  return { ...rule, matches, text: nftRuleText({ ...rule, counted: false }) };
}

const OF_A_FAMILY = /^meta nfproto ipv[46]$/;

function concerns({ matches, target }: Rule, family: Family): boolean {
  return matches.every((match) => (familyOf(match) ?? family) === family) && (familyOfTarget(target) ?? family) === family;
}

/** The family that a match is limited to: `ip daddr != 127.0.0.1` is asked of IPv4 only. */
function familyOf(match: Match): Family | undefined {
  if (match.kind === 'source' || match.kind === 'destination') return match.value.family;
  if (match.kind !== 'opaque') return undefined;
  const [, named, version] = /^(?:(ip6?) |meta nfproto ipv([46])$)/.exec(match.text) ?? [];
  if (version !== undefined) return version === '4' ? 'ip' : 'ip6';
  return named as Family | undefined;
}

function familyOfTarget(target: Target): Family | undefined {
  const address = target.kind === 'TPROXY' ? target.value.address : target.kind === 'SNAT' || target.kind === 'DNAT' ? target.value.to : '';
  return address === '' ? undefined : address.includes(':') && !/^[\d.]*:\d/.test(address) ? 'ip6' : 'ip';
}
