/** What each rule asks of the packets that meet it, the jumps that lead to it included. */

import type { KnownMatch } from '../../src/netfilter/rule/match.ts';
import { not } from '../../src/netfilter/rule/match.ts';
import type { Chain, Ruleset, Table } from '../../src/netfilter/rule.ts';
import { isBuiltIn } from '../../src/netfilter/rule.ts';
import type { Random } from './packets-random.ts';

/** Where a packet has to start, and what should hold of it. */
export interface Wanted {
  readonly from: 'pod' | 'wire' | 'any';
  readonly matches: readonly KnownMatch[];
  /** Rules that would take the packet away before: the matches of each. */
  readonly before: readonly (readonly KnownMatch[])[];
}

const STARTS: Readonly<Record<string, Wanted['from']>> = {
  PREROUTING: 'wire',
  INPUT: 'any',
  FORWARD: 'wire',
  OUTPUT: 'pod',
  POSTROUTING: 'any',
};

/** Packets that should match a rule, for every rule; and such as should miss it by one match each. */
export function wantedOf({ tables }: Ruleset, random: Random): { readonly hits: readonly Wanted[]; readonly misses: readonly Wanted[] } {
  const hits: Wanted[] = [];
  const misses: Wanted[] = [];
  for (const table of tables) {
    for (const chain of table.chains) {
      const ways = waysTo(table, chain);
      if (ways.length === 0) continue;
      chain.rules.forEach(({ matches }, index) => {
        const way = random.pick(ways);
        const asked = known(matches);
        const before = [...way.before, ...takenBefore(chain, index)];
        hits.push({ ...way, matches: [...way.matches, ...asked], before });
        for (const missed of asked)
          misses.push({ ...way, matches: [...way.matches, ...asked.map((one) => (one === missed ? opposite(one) : one))], before });
      });
    }
  }
  return { hits, misses };
}

const PASSING = ['jump', 'none', 'MARK', 'CONNMARK', 'CT', 'NFLOG'];

function takenBefore({ rules }: Chain, index: number): Wanted['before'] {
  return rules.slice(0, index).flatMap(({ matches, target }) => (PASSING.includes(target.kind) ? [] : [known(matches)]));
}

function known(matches: Chain['rules'][number]['matches']): readonly KnownMatch[] {
  return matches.filter((match) => match.kind !== 'opaque' && match.kind !== 'unknown');
}

function opposite(match: KnownMatch): KnownMatch {
  return match.negated ? ({ ...match, negated: false } as KnownMatch) : not(match);
}

/** All rows of jumps from a built-in chain: what they ask for together. */
function waysTo(table: Table, chain: Chain, trail: readonly string[] = []): readonly Wanted[] {
  const hook = chain.base?.hook.toUpperCase() ?? (isBuiltIn(table.name, chain.name) ? chain.name : undefined);
  if (hook !== undefined) return [{ from: STARTS[hook] ?? 'any', matches: [], before: [] }];
  return table.chains
    .filter(({ name }) => name !== chain.name && !trail.includes(name))
    .flatMap((caller) =>
      caller.rules.flatMap(({ matches, target }, index) => {
        if (target.kind !== 'jump' || target.chain !== chain.name) return [];
        return waysTo(table, caller, [...trail, chain.name]).map((way) => ({
          ...way,
          matches: [...way.matches, ...known(matches)],
          before: [...way.before, ...takenBefore(caller, index)],
        }));
      }),
    );
}
