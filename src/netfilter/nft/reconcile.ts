/** From tables of nft that are there to those that are wanted: one transaction, as text. */

import { chainCommand, nftRuleText } from './print.ts';
import { readNft } from './read.ts';
import type { NftChain, NftRuleset, NftTable } from './ruleset.ts';

export interface NftChange {
  /** What `nft -f` reads, all of it or nothing; empty where nothing differs. */
  readonly script: string;
  /** Every rule that it makes, those of a chain in their order: `inet TABLE CHAIN` and the rule without its numbers. */
  readonly rules: readonly string[];
  /** Base chains of wanted names that hang elsewhere: the kernel takes no other place for a chain that is there. */
  readonly conflicts: readonly string[];
}

/**
 * The change that leaves just the wanted tables, of the tables that are ours. Where one is not as it should be, all are
 * written: what nft then tells of its transaction is all that is there, whatever others did since the look. In one that is written, sets and chains of names that are not ours (`isOwn`) stay: somebody may use
 * them; their rules go, as everything that could lead to a chain that is removed.
 */
export function reconcileNft(live: NftRuleset, desired: NftRuleset, isOwn: (chain: string) => boolean): NftChange {
  const liveOf = ({ family, name }: NftTable): NftTable | undefined =>
    live.tables.find((table) => table.family === family && table.name === name);
  const differ = desired.tables.some((table) => !isAsDesired(liveOf(table), table, isOwn));
  const changed = differ ? desired.tables : [];
  const gone = live.tables.filter(({ family, name }) => !desired.tables.some((table) => table.family === family && table.name === name));
  const lines = [
    ...changed.flatMap((table) => tableLines(table, liveOf(table)?.chains ?? [], isOwn)),
    ...gone.map(({ family, name }) => `delete table ${family} ${name}`),
  ];
  const conflicts = changed.flatMap((table) => conflictsIn(table, liveOf(table)?.chains ?? []));
  return { script: lines.map((line) => `${line}\n`).join(''), rules: rulesIn(changed), conflicts };
}

function conflictsIn({ family, name, chains }: NftTable, live: readonly NftChain[]): readonly string[] {
  return live
    .filter((there) => chains.some((chain) => chain.name === there.name && !hasBase(there, chain)))
    .map((chain) => `${family} ${name} ${chain.name}`);
}

/** By chain, whatever the order in which these come. */
function rulesIn(tables: readonly NftTable[]): readonly string[] {
  const chains = tables.flatMap(({ family, name, chains: of }) => of.map((chain) => [`${family} ${name} ${chain.name}`, chain] as const));
  const sorted = chains.sort(([one], [other]) => (one < other ? -1 : 1));
  return sorted.flatMap(([place, chain]) => chain.rules.map((rule) => `${place} ${textOf(rule)}`));
}

/** Without its numbers. */
function textOf({ counters: _, ...rule }: NftChain['rules'][number]): string {
  return nftRuleText(rule);
}

function isAsDesired(live: NftTable | undefined, { chains }: NftTable, isOwn: (chain: string) => boolean): boolean {
  if (live === undefined) return false;
  const isDesired = chains.every((chain) => {
    const there = live.chains.find(({ name }) => name === chain.name);
    return there !== undefined && hasBase(there, chain) && chain.rules.map(textOf).join('\n') === there.rules.map(textOf).join('\n');
  });
  // Besides them: nothing of an old run, and nothing that does anything.
  return (
    isDesired && live.chains.every(({ name, rules }) => chains.some((chain) => chain.name === name) || (rules.length === 0 && !isOwn(name)))
  );
}

function hasBase({ base: there }: NftChain, { base }: NftChain): boolean {
  if (there === undefined || base === undefined) return there === base;
  return there.type === base.type && there.hook === base.hook && there.priority === base.priority && there.policy === base.policy;
}

function tableLines({ family, name, chains }: NftTable, live: readonly NftChain[], isOwn: (chain: string) => boolean): readonly string[] {
  const table = `${family} ${name}`;
  const stale = live.filter((there) => isOwn(there.name) && !chains.some((chain) => chain.name === there.name));
  return [
    `add table ${table}`,
    `flush table ${table}`,
    ...stale.map((chain) => `delete chain ${table} ${chain.name}`),
    ...chains.map((chain) => chainCommand(table, chain)),
    ...chains.flatMap((chain) => chain.rules.map((rule) => `add rule ${table} ${chain.name} ${textOf(rule)}`)),
  ];
}

/** Whether what `nft -e` tells of a transaction, as JSON or as text, are these rules, each chain's in order, and no others. */
export function isEchoOf(echo: string, rules: readonly string[]): boolean {
  const echoed = rulesIn(readNft(echo.replace(HANDLE, '$1'))?.ruleset.tables ?? []);
  return rules.length > 0 && echoed.join('\n') === rules.join('\n');
}

/** Where an echo in words names the place of a rule by its number. */
const HANDLE = /^((?:add|insert) rule \S+ \S+ \S+ )handle \d+ /gm;
