/** What a packet meets at each hook, in order: base chains by their priority, conntrack between them, nat at its one place. */

import { CONNTRACK } from '../rule/base-chains.ts';
import type { BaseChain } from '../rule.ts';
import type { Hook } from './result.ts';

/** All nat chains of a hook are asked in one place, whatever their priority (nf_nat_register_fn): before filter, or after it. */
const NAT: Readonly<Record<Hook, number>> = { PREROUTING: -100, OUTPUT: -100, INPUT: 100, POSTROUTING: 100, FORWARD: 0 };

export type Stage<C> =
  | { readonly kind: 'conntrack' }
  /** The chains of nat that hang here, by priority; those of one priority side by side, the last made first as far as is known. */
  | { readonly kind: 'nat'; readonly chains: readonly (readonly C[])[] }
  /** `reroutes`: a mark that it changes asks for a new route. */
  | { readonly kind: 'chain'; readonly chain: C; readonly reroutes: boolean };

/** By their place at each hook; those of one place side by side, the last made first as far as is known. */
export type Stages<C> = Readonly<Record<Hook, readonly (readonly Stage<C>[])[]>>;

const HOOKS: readonly Hook[] = ['PREROUTING', 'INPUT', 'FORWARD', 'OUTPUT', 'POSTROUTING'];

/** A chain that may hang on a hook. */
interface Hanging {
  readonly base: BaseChain | undefined;
}

/** The stages of each hook for these chains. */
export function stagesOf<C extends Hanging>(chains: readonly C[]): Stages<C> {
  const hung = chains.flatMap((chain) => (chain.base === undefined ? [] : [{ chain, base: chain.base }]));
  return Object.fromEntries(HOOKS.map((hook) => [hook, stagesAt(hook, hung)])) as unknown as Stages<C>;
}

interface Hung<C> {
  readonly chain: C;
  readonly base: BaseChain;
}

function stagesAt<C>(hook: Hook, all: readonly Hung<C>[]): readonly (readonly Stage<C>[])[] {
  const here = all.filter(({ base }) => base.hook === hook.toLowerCase()).reverse();
  const nat = here.filter(({ base }) => base.type === 'nat').map(({ chain, base }) => ({ at: base.priority, of: chain }));
  const fixed: readonly Placed<Stage<C>>[] = [
    ...(hook === 'PREROUTING' || hook === 'OUTPUT' ? [{ at: CONNTRACK, of: { kind: 'conntrack' } as const }] : []),
    ...(hook === 'FORWARD' ? [] : [{ at: NAT[hook], of: { kind: 'nat', chains: byPlace(nat) } as const }]),
  ];
  const chains = here
    .filter(({ base }) => base.type !== 'nat')
    .map(({ chain, base }) => ({ at: base.priority, of: { kind: 'chain', chain, reroutes: base.type === 'route' } as const }));
  return byPlace([...chains, ...fixed]);
}

interface Placed<T> {
  readonly at: number;
  readonly of: T;
}

function byPlace<T>(all: readonly Placed<T>[]): readonly (readonly T[])[] {
  const places = [...new Set(all.map(({ at }) => at))].sort((a, b) => a - b);
  return places.map((place) => all.filter(({ at }) => at === place).map(({ of }) => of));
}
