/** What a packet meets at each hook, in order: base chains by their priority, conntrack between them, nat at its one place. */

import type { BaseChain } from '../rule.ts';
import { CONNTRACK } from './base-chains.ts';
import type { Hook } from './result.ts';

/** All nat chains of a hook are asked in one place, whatever their priority (nf_nat_register_fn): before filter, or after it. */
const NAT: Readonly<Record<Hook, number>> = { PREROUTING: -100, OUTPUT: -100, INPUT: 100, POSTROUTING: 100, FORWARD: 0 };

export type Stage<C> =
  | { readonly kind: 'conntrack' }
  /** The chains of nat that hang here, by priority. */
  | { readonly kind: 'nat'; readonly chains: readonly C[] }
  /** `reroutes`: a mark that it changes asks for a new route. */
  | { readonly kind: 'chain'; readonly chain: C; readonly reroutes: boolean };

export type Stages<C> = Readonly<Record<Hook, readonly Stage<C>[]>>;

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

function stagesAt<C>(hook: Hook, all: readonly Hung<C>[]): readonly Stage<C>[] {
  const here = all.filter(({ base }) => base.hook === hook.toLowerCase()).sort((a, b) => a.base.priority - b.base.priority);
  const nat = here.filter(({ base }) => base.type === 'nat').map(({ chain }) => chain);
  const fixed: readonly { readonly at: number; readonly stage: Stage<C> }[] = [
    ...(hook === 'PREROUTING' || hook === 'OUTPUT' ? [{ at: CONNTRACK, stage: { kind: 'conntrack' } as const }] : []),
    ...(hook === 'FORWARD' ? [] : [{ at: NAT[hook], stage: { kind: 'nat', chains: nat } as const }]),
  ];
  const chains = here
    .filter(({ base }) => base.type !== 'nat')
    .map(({ chain, base }) => ({ at: base.priority, stage: { kind: 'chain', chain, reroutes: base.type === 'route' } as const }));
  return [...chains, ...fixed].sort((a, b) => a.at - b.at).map(({ stage }) => stage);
}
