/** Tables of nft as the tables of iptables that do the same, where there are such: the way back of iptables-restore-translate. */

import { printRule } from '../print.ts';
import { baseOf } from '../rule/base-chains.ts';
import type { Chain, Rule, Ruleset, Table } from '../rule.ts';
import { BUILT_IN_CHAINS, TABLES } from '../rule.ts';
import type { ChainPosition } from './rule-as-iptables.ts';
import { isUnsayable, ruleAsIptables } from './rule-as-iptables.ts';

/** What a family's tables are in iptables. */
export interface AsIptables {
  readonly ruleset: Ruleset;
  /** What can't be said, a line each: `inet mine input: ...`. Of a table of which anything can't be said nothing is said. */
  readonly leftOut: readonly string[];
  /** Where iptables does otherwise with what is said. */
  readonly seams: readonly string[];
}

/** Says the tables of a family; `nameOf` gives a chain that is only jumped to its name. */
export function asIptables(given: Ruleset, nameOf: (chain: string, table: string) => string = (chain) => chain): AsIptables {
  const tables = new Map<string, Chain[]>();
  const leftOut: string[] = [];
  for (const table of given.tables) {
    const converted = tableAsIptables(table, nameOf);
    const taken = converted.chains.filter(({ of, chain }) => tables.get(of)?.some(({ name }) => name === chain.name) ?? false);
    const reasons = [
      ...converted.leftOut,
      ...taken.map(({ of, chain }) => `another table has its ${of} ${chain.name} already, and iptables has one`),
    ];
    leftOut.push(...reasons.map((reason) => `${table.name} ${reason}`));
    if (reasons.length > 0) continue;
    for (const { of, chain } of converted.chains) tables.set(of, [...(tables.get(of) ?? []), chain]);
  }
  const ruleset = { family: given.family, tables: [...tables].map(([name, chains]): Table => ({ name, chains })) };
  return { ruleset, leftOut, seams: seamsOf(given) };
}

interface TableAsIptables {
  readonly chains: readonly { readonly of: string; readonly chain: Chain }[];
  readonly leftOut: readonly string[];
}

function tableAsIptables(table: Table, nameOf: (chain: string, table: string) => string): TableAsIptables {
  const chains: { of: string; chain: Chain }[] = [];
  const leftOut: string[] = [];
  const bases = table.chains.flatMap((chain) => placesOf(table, chain));
  for (const chain of table.chains) {
    if (baseOf(table, chain) !== undefined && !bases.some((one) => one.chain === chain)) leftOut.push(hangingText(chain));
    for (const { position, name } of positionsOf(table, chain, bases, nameOf)) {
      const rules = chain.rules.map((rule) => ({ rule, made: ruleAsIptables(renamed(rule, table, nameOf), position) }));
      for (const { rule, made } of rules) if (isUnsayable(made)) leftOut.push(`${chain.name} "${printRule(rule)}": ${made.reason}`);
      const policy = position.builtIn ? chain.policy : '-';
      if (policy === 'DROP' && position.table === 'nat') leftOut.push(`${chain.name}: nat of iptables has no policy that drops`);
      if (!position.builtIn && !/^[^-!\s]\S{0,27}$/.test(name)) leftOut.push(`${chain.name}: iptables takes no chain of this name`);
      chains.push({ of: position.table, chain: { name, policy, rules: rules.flatMap(({ made }) => (isUnsayable(made) ? [] : [made])) } });
    }
    if (!chains.some((one) => one.chain.name === nameOf(chain.name, table.name)) && baseOf(table, chain) === undefined)
      leftOut.push(`${chain.name}: nothing leads to it, and no name tells the table of iptables that it is for`);
  }
  return { chains, leftOut: [...new Set(leftOut)] };
}

interface Place {
  readonly chain: Chain;
  /** `nat` */
  readonly table: string;
  /** `PREROUTING` */
  readonly hook: string;
}

/** The chain of iptables that hangs where this one does; none where there is no such, or this one hangs nowhere. */
function placesOf(table: Table, chain: Chain): readonly Place[] {
  const base = baseOf(table, chain);
  if (base === undefined) return [];
  const hook = base.hook.toUpperCase();
  return TABLES.flatMap((name) => {
    const there = BUILT_IN_CHAINS[name]?.includes(hook) === true ? baseOf({ name }, { name: hook }) : undefined;
    return there?.type === base.type && there.priority === base.priority ? [{ chain, table: name, hook }] : [];
  });
}

function hangingText(chain: Chain): string {
  const { type = '', hook = '', priority = 0 } = chain.base ?? {};
  return `${chain.name}: no table of iptables has a chain of type ${type} at ${hook} with priority ${priority}`;
}

/** Where a chain stands in iptables: in each table from whose built-in chains something leads to it. */
function positionsOf(
  table: Table,
  chain: Chain,
  bases: readonly Place[],
  nameOf: (chain: string, table: string) => string,
): readonly { readonly position: ChainPosition; readonly name: string }[] {
  if (baseOf(table, chain) !== undefined)
    return bases
      .filter((one) => one.chain === chain)
      .map((one) => ({ position: { table: one.table, hooks: [one.hook], builtIn: true }, name: one.hook }));
  const name = nameOf(chain.name, table.name);
  const leading = bases.filter((one) => leadsTo(table, one.chain, chain.name));
  // Where nothing leads to it, its neighbours tell, and else the name of its table.
  const of = leading.length > 0 ? leading.map((one) => one.table) : [bases[0]?.table ?? tableNamedIn(table.name) ?? ''];
  return [...new Set(of)].flatMap((one) => {
    if (one === '') return [];
    const hooks = leading.filter((place) => place.table === one).map(({ hook }) => hook);
    return [{ position: { table: one, hooks, builtIn: false }, name }];
  });
}

/** `nat` of `inet istio-proxy-nat`. */
function tableNamedIn(name: string): string | undefined {
  return TABLES.find((one) => new RegExp(`(?:^|[ _-])${one}$`).test(name));
}

function leadsTo({ chains }: Table, from: Chain, to: string): boolean {
  const seen = new Set<string>();
  const visit = (chain: Chain | undefined): boolean => {
    if (chain === undefined || seen.has(chain.name)) return false;
    seen.add(chain.name);
    return chain.rules.some(
      ({ target }) => target.kind === 'jump' && (target.chain === to || visit(chains.find(({ name }) => name === target.chain))),
    );
  };
  return visit(from);
}

function renamed(rule: Rule, { name }: Table, nameOf: (chain: string, table: string) => string): Rule {
  const { target } = rule;
  return target.kind === 'jump' ? { ...rule, target: { ...target, chain: nameOf(target.chain, name) } } : rule;
}

/** Where the same words do otherwise in iptables (docs/semantics.md). */
function seamsOf({ tables }: Ruleset): readonly string[] {
  const rules = tables.flatMap(({ nft, chains }) => (nft === undefined ? [] : chains.flatMap((chain) => chain.rules)));
  const owner = rules.some(({ matches }) => matches.some((one) => (one.kind === 'uid-owner' || one.kind === 'gid-owner') && one.negated));
  return [
    ...(owner ? ["iptables takes a packet without a socket for one of another user; nft's rules do not match it"] : []),
    ...(rules.some(({ target }) => target.kind === 'TPROXY')
      ? ['iptables drops what TPROXY finds no listener for; nft goes on with the next rule']
      : []),
  ];
}
