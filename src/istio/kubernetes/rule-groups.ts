/** Workloads by what becomes of them: ten thousand pods with twelve rule sets are twelve groups. */

import type { Counting, Member, Tally } from './rule-groups/tally.ts';
import { byCount, counting } from './rule-groups/tally.ts';

/** Workloads that have something in common. */
export interface Group<V> extends Tally {
  readonly what: V;
}

export interface Groups<V> {
  /** Adds a workload; those with an equal key are one group, which is what its first member is. */
  readonly add: (key: string, what: () => V, member: Member) => void;
  /** The largest first. */
  readonly sorted: () => readonly Group<V>[];
}

/** Groups that keep counts and a few names, never the workloads themselves. */
export function groupsOf<V>(): Groups<V> {
  const groups = new Map<string, { readonly what: V; readonly members: Counting }>();
  return {
    add: (key, what, member) => {
      const group = groups.get(key) ?? { what: what(), members: counting() };
      groups.set(key, group);
      group.members.add(member);
    },
    sorted: () => [...groups.values()].map(({ what, members }) => ({ what, ...members.tally() })).sort(byCount),
  };
}
