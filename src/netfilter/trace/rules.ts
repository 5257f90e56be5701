/** A ruleset made ready to be walked: chains by name, matches as tests. */

import type { Family } from '../family.ts';
import { rulesWithoutLookups } from '../nft/ruleset-of-nft.ts';
import type { ChainKind } from '../rule/base-chains.ts';
import { baseOf, chainKindOf } from '../rule/base-chains.ts';
import { tracksConnections } from '../rule/needs-conntrack.ts';
import type { Target } from '../rule/target.ts';
import type { BaseChain, Policy, Ruleset, Table } from '../rule.ts';
import type { RulePlace } from './result.ts';
import type { Stages } from './stages.ts';
import { stagesOf } from './stages.ts';
import type { Test } from './test.ts';
import { testOf } from './tests.ts';
import type { Walk } from './walk.ts';

export interface PreparedRule {
  readonly place: RulePlace;
  readonly tests: readonly Test[];
  readonly target: Target;
  /** It counts, logs or the like: whether it matches makes no difference to any packet. */
  readonly idle: boolean;
  /** So many of those behind it stand for the same written rule, and are not asked once this one has matched. */
  readonly alternatives: number;
}

export interface PreparedChain {
  readonly table: PreparedTable;
  readonly name: string;
  readonly policy: Policy;
  readonly rules: readonly PreparedRule[];
  /** Where it hangs; undefined for one that is only jumped to. */
  readonly base: BaseChain | undefined;
  /** What its targets, and those of all chains it leads to, may do. */
  readonly chainKind: ChainKind;
}

export interface PreparedTable {
  readonly name: string;
  /** Whether it is one of nft's own, and not of iptables. */
  readonly native: boolean;
  readonly chains: ReadonlyMap<string, PreparedChain>;
}

export interface PreparedRules {
  readonly tables: ReadonlyMap<string, PreparedTable>;
  readonly stages: Stages<PreparedChain>;
  /** Whether a rule needs conntrack, which is asleep in a namespace until one does: then no nat chain is asked either. */
  readonly tracking: boolean;
  /** Walks a built-in chain in another way than packet by packet: for sets of packets. False where nothing goes on. */
  readonly walkChain?: (walk: Walk, chain: PreparedChain) => boolean;
}

export function prepareRules(ruleset: Ruleset): PreparedRules {
  const tables = new Map(ruleset.tables.map((table) => [table.name, prepareTable(table, ruleset.family)]));
  return {
    tables,
    stages: stagesOf([...tables.values()].flatMap((table) => [...table.chains.values()])),
    tracking: tracksConnections(ruleset),
  };
}

function prepareTable(given: Table, family: Family): PreparedTable {
  const { name, chains } = given;
  const prepared = new Map<string, PreparedChain>();
  const table: PreparedTable = { name, native: given.nft !== undefined, chains: prepared };
  for (const chain of chains) {
    const rules = chain.rules.flatMap((written, index) =>
      rulesWithoutLookups(written, given, family).map((rule, nth, all) =>
        prepareRule({ table: name, chain: chain.name, position: index + 1, rule }, all.length - nth - 1),
      ),
    );
    const base = baseOf(given, chain);
    // In restore input, `:INPUT -` leaves the policy as it was.
    const policy = base !== undefined && chain.policy === '-' ? 'unknown' : chain.policy;
    prepared.set(chain.name, { table, name: chain.name, policy, rules, base, chainKind: chainKindOf(given, base) });
  }
  return table;
}

function prepareRule(place: RulePlace, alternatives: number): PreparedRule {
  const { matches, target } = place.rule;
  return { place, tests: matches.map(testOf).filter((test) => test !== null), target, idle: isIneffective(target), alternatives };
}

/** Targets not understood otherwise of which this is known: the packet goes on, with nothing changed that any rule here asks for. */
const IDLE_TARGETS: readonly string[] = [
  ...['AUDIT', 'CHECKSUM', 'CLASSIFY', 'DSCP', 'ECN', 'HL', 'IDLETIMER', 'LED', 'LOG', 'NFLOG', 'RATEEST'],
  ...['SECMARK', 'CONNSECMARK', 'TCPMSS', 'TCPOPTSTRIP', 'TOS', 'TRACE', 'TTL', 'ULOG', 'continue'],
];

function isIneffective(target: Target): boolean {
  return target.kind === 'none' || target.kind === 'NFLOG' || (target.kind === 'opaque' && IDLE_TARGETS.includes(target.name));
}
