/** Which rules of a state other programs made: a comparison leaves them out, for no release of Istio has a part in them. */

import { printNetwork } from '../../netfilter/address/network.ts';
import type { ChainPlace } from '../../netfilter/compare/difference.ts';
import type { Family } from '../../netfilter/family.ts';
import { FAMILIES } from '../../netfilter/family.ts';
import type { Observation } from '../../netfilter/observation.ts';
import type { Chain, Rule, Ruleset, Table } from '../../netfilter/rule.ts';
import { isBuiltIn } from '../../netfilter/rule.ts';
import { programOfChain, programOfComment, programOfInterface, takerOfChain } from './foreign-programs.ts';
import { ownChainsOf } from './ownership/parts.ts';

/** How much of a state one program has made. */
export interface ForeignCount {
  readonly program: string;
  readonly rules: number;
  readonly chains: number;
}

export interface WithoutForeign {
  readonly kept: Observation;
  /** What was left out, the program with the most rules first. */
  readonly foreign: readonly ForeignCount[];
  /** The place among all rules of its chain that a rule has which is at this place among those that were kept. */
  readonly positionOf: (place: ChainPlace, position: number) => number;
}

/**
 * The state without what is known to be another program's: its chains, by their names, with all that is in
 * them; and in every chain but our own the rules that lead to such a chain, or bear such a program's comment,
 * or, where packets are forwarded, its bridge's name. A rule that nobody is known to make stays, in whatever
 * chain: somebody put it there by hand, and it may take traffic from the proxy. Tables that are left whole keep all.
 */
export function withoutForeign(state: Observation, isLeftWhole: (family: Family, table: Table) => boolean = () => false): WithoutForeign {
  const counts = new Map<string, { rules: number; chains: number }>();
  const positions = new Map<string, readonly number[]>();
  let counting = true;
  const count = (program: string, rules: number, chains: number): void => {
    if (!counting) return;
    const before = counts.get(program) ?? { rules: 0, chains: 0 };
    counts.set(program, { rules: before.rules + rules, chains: before.chains + chains });
  };
  const keep = (ruleset: Ruleset): Ruleset => {
    const own = ownChainsOf(ruleset);
    const keepIn = (table: Table, chain: Chain): readonly Chain[] => {
      if (own.get(table.name)?.has(chain.name)) return [chain];
      const maker = isBuiltIn(table.name, chain.name) ? undefined : programOfChain(chain.name);
      if (maker !== undefined) {
        count(maker, chain.rules.length, 1);
        return [];
      }
      const makers = chain.rules.map((rule) =>
        isHairpin(rule, chain.name, table) ? 'Docker' : programOf(rule, chain.name, own.get(table.name)),
      );
      if (makers.every((program) => program === undefined)) return [chain];
      for (const program of makers) if (program !== undefined) count(program, 1, 0);
      const kept = [...chain.rules.keys()].filter((index) => makers[index] === undefined);
      positions.set(
        `${ruleset.family} ${table.name} ${chain.name}`,
        kept.map((index) => index + 1),
      );
      return [{ ...chain, rules: kept.map((index) => chain.rules[index] as Rule) }];
    };
    const tables = ruleset.tables.map((table) => ({
      ...table,
      chains: isLeftWhole(ruleset.family, table)
        ? table.chains
        : table.chains.flatMap((chain) => keepIn(table, withoutForwardPolicy(table, chain))),
    }));
    return { family: ruleset.family, tables };
  };
  const [ip, ip6] = FAMILIES.map((family) => keep(state[family])) as [Ruleset, Ruleset];
  // The same rules once more, with those of which nft shows a part.
  counting = false;
  const hiding = state.hiding?.map(keep);
  return {
    kept: { ...state, ip, ip6, ...(hiding && { hiding }) },
    foreign: [...counts].map(([program, found]) => ({ program, ...found })).sort((a, b) => b.rules - a.rules),
    positionOf: ({ family, table, chain }, position) => positions.get(`${family} ${table} ${chain}`)?.[position - 1] ?? position,
  };
}

/** No release of Istio looks at what is passed on, and Docker and others refuse it by policy: that is theirs as well. */
function withoutForwardPolicy({ name }: Table, chain: Chain): Chain {
  return name === 'filter' && chain.name === 'FORWARD' && chain.policy !== undefined ? { ...chain, policy: 'ACCEPT' } : chain;
}

/** Whose rule it is in a chain that is not ours, those of programs that take the pod's own traffic among them. */
export function makerOf(rule: Rule, chain: string, own: ReadonlySet<string> | undefined): string | undefined {
  const taker = rule.target.kind === 'jump' ? takerOfChain(rule.target.chain) : undefined;
  return taker ?? programOf(rule, chain, own);
}

/** Docker has a container that calls itself by a published port come from the bridge (`-s X -d X -j MASQUERADE`). */
function isHairpin({ target, matches }: Rule, chain: string, { chains }: Table): boolean {
  if (chain !== 'POSTROUTING' || target.kind !== 'opaque' || target.name !== 'MASQUERADE' || !chains.some(({ name }) => name === 'DOCKER'))
    return false;
  const of = (kind: 'source' | 'destination'): string | undefined =>
    matches.flatMap((match) => (match.kind === kind && !match.negated ? [printNetwork(match.value)] : []))[0];
  return of('source') !== undefined && of('source') === of('destination');
}

/** The program that is known to make such a rule in a chain that is not ours. */
function programOf({ target, matches }: Rule, chain: string, own: ReadonlySet<string> | undefined): string | undefined {
  if (target.kind === 'jump') {
    if (own?.has(target.chain)) return undefined;
    const program = programOfChain(target.chain);
    if (program !== undefined) return program;
  }
  for (const match of matches) {
    const program =
      match.kind === 'comment'
        ? programOfComment(match.value)
        : match.kind === 'in-interface' || match.kind === 'out-interface'
          ? programOfInterface(match.value, chain)
          : undefined;
    if (program !== undefined) return program;
  }
  return undefined;
}
