/** All packets of a scope on their whole way: the simulator's own path, with sets in its chains. */

import { walkToEnd } from '../trace/path.ts';
import type { Arena } from './arena.ts';
import type { Decision, Round } from './chain.ts';
import { throughChain } from './chain.ts';
import { explore } from './explore.ts';
import type { PreparedOperand } from './prepared.ts';
import type { State } from './state.ts';

export interface AllPaths {
  /** Disjoint sets of packets, each walk with its end. */
  readonly ended: readonly State[];
  /** In the order in which packets come to them. */
  readonly met: readonly Decision[];
}

export function allPaths(arena: Arena, { rules }: PreparedOperand, scope: readonly State[]): AllPaths {
  const round: Round = { arena, known: new Map(), ended: [], met: new Map() };
  for (const start of scope) {
    const gone = explore(
      arena,
      start,
      () => '',
      (walk, fork) => walkToEnd(walk, { ...rules, walkChain: (one, chain) => fork(one, (state) => throughChain(round, chain, state)) }),
    );
    round.ended.push(...gone.map(({ state }) => state));
  }
  return { ended: round.ended, met: [...round.met.values()] };
}
