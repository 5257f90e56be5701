/** The packet filter as a value: a ruleset of one family, its tables, their chains, their rules. */

import type { Family } from './family.ts';
import { FAMILIES } from './family.ts';
import type { Match } from './rule/match.ts';
import type { NftSet } from './rule/nft-set.ts';
import type { Target } from './rule/target.ts';

/** Everything one family's tables hold. */
export interface Ruleset {
  readonly family: Family;
  readonly tables: readonly Table[];
}

/** Families of nft's tables; `inet` serves IPv4 and IPv6 alike. */
export type NftFamily = 'ip' | 'ip6' | 'inet' | 'arp' | 'bridge' | 'netdev';

export interface Table {
  /** `nat`, `mangle`, `raw`, `filter`, `security`, or a name that the kernel does not know. */
  readonly name: string;
  readonly chains: readonly Chain[];
  /** Of a table of nft's own, which no iptables shows or restores: its family, with which its name begins (`inet istio-proxy-nat`). */
  readonly nft?: NftFamily;
  /** Sets and maps of a table of nft's own, in which its rules look values up. */
  readonly sets?: readonly NftSet[];
  /** Rules of it that are for the other family alone wake conntrack for this one as well. */
  readonly tracks?: true;
}

/**
 * What happens to a packet that reaches the end of a chain: a verdict in a built-in chain, `-` (back
 * to the caller) in a user chain, `unknown` where the text that was read does not say.
 */
export type Policy = 'ACCEPT' | 'DROP' | 'QUEUE' | '-' | 'unknown';

export interface Chain {
  readonly name: string;
  readonly policy: Policy;
  readonly rules: readonly Rule[];
  readonly counters?: Counters;
  /** In a table of nft's own, where the chain hangs; undefined where it is only jumped to. */
  readonly base?: BaseChain;
}

/** Where a base chain hangs. Chains of one hook are met in the order of their priorities, the lowest first. */
export interface BaseChain {
  readonly type: 'filter' | 'nat' | 'route';
  readonly hook: string;
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
}

/** What the kernel has counted: shown where it is known, never compared. */
export interface Counters {
  readonly packets: bigint;
  readonly bytes: bigint;
  /** The rule counts, and the text does not show how much (`nft -s`). */
  readonly hidden?: true;
  /** How far from them the true numbers may be, where a listing shows thousands or more (`1172K`). */
  readonly rounding?: { readonly packets: bigint; readonly bytes: bigint };
}

/** Why a rule exists, and which settings made it so. */
export interface Because {
  readonly text: string;
  readonly settings: readonly string[];
}

export interface Rule {
  /** All must hold for the target to be taken. */
  readonly matches: readonly Match[];
  readonly target: Target;
  /** `top` where the rule goes before all others of a chain that is not ours alone; otherwise it goes to the end. */
  readonly place?: 'top';
  /** A stable name, where the rule comes from a plan. */
  readonly id?: string;
  readonly because?: Because;
  /** 1-based line of the text that the rule was read from. */
  readonly line?: number;
  readonly counters?: Counters;
  /** As nft writes it, without its counter, where the rule is in a table of nft's own. */
  readonly text?: string;
  /** The number by which the kernel tells of it, where the rule is in a table of nft's own and was read from JSON. */
  readonly handle?: number;
}

/** What a rule is shown to have counted. */
export function knownCounters({ counters }: Pick<Rule, 'counters'>): Counters | undefined {
  return counters?.hidden ? undefined : counters;
}

/** What holds chains by tables: a ruleset, and one of nft's own. */
interface Tables<C> {
  readonly tables: readonly { readonly chains: readonly C[] }[];
}

/** All chains of a ruleset. */
function chainsIn<C>({ tables }: Tables<C>): readonly C[] {
  return tables.flatMap(({ chains }) => chains);
}

/** All rules of a ruleset. */
export function rulesIn<R>(ruleset: Tables<{ readonly rules: readonly R[] }>): readonly R[] {
  return chainsIn(ruleset).flatMap(({ rules }) => rules);
}

/** Whether two are the same without a comparison: a look that shows just what is wanted answers with that itself. */
export function isOneRuleset(one: Ruleset, other: Ruleset): boolean {
  return one === other || one.tables.length + other.tables.length === 0;
}

/** All rules of both families. */
export function rulesOfBoth(rules: Readonly<Record<Family, Ruleset>>): readonly Rule[] {
  return FAMILIES.flatMap((family) => rulesIn(rules[family]));
}

/** The chain of that name; undefined where there is none. */
export function chainIn({ tables }: Pick<Ruleset, 'tables'>, table: string, chain: string): Chain | undefined {
  return tables.find(({ name }) => name === table)?.chains.find(({ name }) => name === chain);
}

/** The ruleset with each chain as `of` makes it; a chain of which it makes none is left out. */
export function withChains(ruleset: Ruleset, of: (chain: Chain, table: Table) => Chain | undefined): Ruleset {
  const tables = ruleset.tables.map((table) => ({ ...table, chains: table.chains.flatMap((chain) => of(chain, table) ?? []) }));
  return { ...ruleset, tables };
}

/** The same of the rules of both families; what stands beside them stays. */
export function inBoth<B extends Readonly<Record<Family, Ruleset>>>(rules: B, of: (ruleset: Ruleset) => Ruleset): B {
  return { ...rules, ip: of(rules.ip), ip6: of(rules.ip6) };
}

/** The chains that each table is born with, in the order in which a packet meets their hooks. No table is there by being named `constructor`. */
export const BUILT_IN_CHAINS: Readonly<Record<string, readonly string[]>> = Object.assign(Object.create(null), {
  mangle: ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'],
  security: ['INPUT', 'FORWARD', 'OUTPUT'],
  raw: ['PREROUTING', 'OUTPUT'],
  filter: ['INPUT', 'FORWARD', 'OUTPUT'],
  nat: ['PREROUTING', 'INPUT', 'OUTPUT', 'POSTROUTING'],
});

/** The tables in the order in which iptables-nft-save 1.8 prints them. */
export const TABLES: readonly string[] = Object.keys(BUILT_IN_CHAINS);

/** Whether `chain` exists in `table` without anyone having made it. */
export function isBuiltIn(table: string, chain: string): boolean {
  return BUILT_IN_CHAINS[table]?.includes(chain) ?? false;
}
