/** One table: what has to change in it, as one block that iptables-restore applies at once or not at all. */

import { printRule, printWholeRule } from '../print.ts';
import type { Chain, Rule, Table } from '../rule.ts';
import { isBuiltIn } from '../rule.ts';
import type { Owned } from './owned.ts';
import { isOwnChain } from './owned.ts';

/** A chain of ours that is no longer wanted, and the rules of others that still lead there. */
export interface ReconciledChain {
  readonly table: string;
  readonly chain: string;
  readonly by: readonly ChainUse[];
}

/** A rule of others that leads to a chain of ours, and the chain that it stands in. */
export interface ChainUse {
  readonly chain: string;
  readonly rule: Rule;
}

export interface ReconciledTable {
  /** `*TABLE ... COMMIT`; undefined where nothing is to be done. */
  readonly text: string | undefined;
  readonly kept: readonly ReconciledChain[];
}

/** What makes a live table hold the wanted rules beside those of others. Either may have no chains. */
export function reconcileTable(live: Table, desired: Table, owned: Owned): ReconciledTable {
  const liveChains = new Map(live.chains.map((chain) => [chain.name, chain]));
  // A chain that is not ours is never emptied, whatever its name: what is wanted in it is added to what stands there.
  const isOthers = ({ name }: Chain): boolean =>
    isBuiltIn(live.name, name) || (liveChains.has(name) && !isOwnChain(owned, live.name, name));
  const desiredOwn = sorted(desired.chains.filter((chain) => !isOthers(chain)));
  const desiredIn = new Map(desired.chains.filter(isOthers).map((chain) => [chain.name, chain.rules]));
  const liveOwn = live.chains.filter((chain) => isOwnChain(owned, live.name, chain.name));
  const stale = sorted(liveOwn.filter(({ name }) => !desiredOwn.some((chain) => chain.name === name)));
  const kept = stale
    .map((chain): ReconciledChain => ({ table: live.name, chain: chain.name, by: usersOf(chain.name, live, owned) }))
    .filter(({ by }) => by.length > 0);
  const removed = stale.filter(({ name }) => !kept.some(({ chain }) => chain === name));

  const shared = [...new Set([...live.chains.filter(isOthers).map(({ name }) => name), ...desiredIn.keys()])];
  const moves = shared.flatMap((name): Move[] => {
    const [there, here] = [liveChains.get(name)?.rules ?? [], desiredIn.get(name) ?? []];
    return holds(there, here, owned) ? [] : [{ chain: name, live: there, desired: here }];
  });

  const emptied = stale.some(({ rules }) => rules.length > 0) || removed.length > 0;
  const rewritten = desiredOwn.some((chain) => !sameRules(liveOwn.find(({ name }) => name === chain.name)?.rules, chain.rules));
  if (!emptied && !rewritten && moves.length === 0) return { text: undefined, kept };
  const lines = [
    `*${live.name}`,
    ...[...desiredOwn, ...stale].map(({ name }) => `:${name} - [0:0]`),
    ...moves.flatMap((move) => deletions(move, owned)),
    ...removed.map(({ name }) => `-X ${name}`),
    ...moves.flatMap((move) => additions(move, owned)),
    ...desiredOwn.flatMap(({ name, rules }) => rules.map((rule) => line('-A', name, rule))),
    'COMMIT',
  ];
  return { text: lines.map((text) => `${text}\n`).join(''), kept };
}

/** A chain of others in which our rules have to change. */
interface Move {
  readonly chain: string;
  readonly live: readonly Rule[];
  readonly desired: readonly Rule[];
}

/** Whether our rules in a chain of others are the wanted ones in order, and those for the top before all of others. */
function holds(live: readonly Rule[], desired: readonly Rule[], owned: Owned): boolean {
  const ours = live.filter((rule) => owned.rules.has(rule));
  const top = desired.filter(({ place }) => place === 'top').length;
  return sameRules(ours, ordered(desired)) && live.slice(0, top).every((rule) => owned.rules.has(rule));
}

/** In the order in which they are to stand: those for the top first. */
function ordered(rules: readonly Rule[]): readonly Rule[] {
  return [...rules.filter(({ place }) => place === 'top'), ...rules.filter(({ place }) => place !== 'top')];
}

function sameRules(live: readonly Rule[] | undefined, desired: readonly Rule[]): boolean {
  return (
    live !== undefined &&
    live.length === desired.length &&
    live.every((rule, index) => printRule(rule) === printRule(desired[index] as Rule))
  );
}

/**
 * One `-D` for each of our rules, from the first to the last. By content, so that a change by someone
 * else in the meantime makes the block fail instead of removing the wrong rule; but `-D` takes the first
 * rule of that content, so where a rule of others with the same content stands before ours, by number.
 */
function deletions({ chain, live }: Move, owned: Owned): readonly string[] {
  const left = live.map((rule) => ({ rule, text: line('-D', chain, rule) }));
  return live.flatMap((rule) => {
    if (!owned.rules.has(rule)) return [];
    const at = left.findIndex((other) => other.rule === rule);
    const { text } = left[at] as { readonly text: string };
    const first = left.findIndex((other) => other.text === text);
    left.splice(at, 1);
    return [first === at ? text : `-D ${chain} ${at + 1}`];
  });
}

/**
 * The wanted rules: those for the top before all of others, the rest where our last one stood, or at the
 * end. Behind a rule of others that was added after ours (`-j ACCEPT`) ours would capture nothing.
 */
function additions({ chain, live, desired }: Move, owned: Owned): readonly string[] {
  const others = live.filter((rule) => !owned.rules.has(rule)).length;
  const before = live
    .slice(
      0,
      live.findLastIndex((rule) => owned.rules.has(rule)),
    )
    .filter((rule) => !owned.rules.has(rule)).length;
  const atEnd = before === others || !live.some((rule) => owned.rules.has(rule));
  return ordered(desired).map((rule, index) => {
    const at = index + 1 + (rule.place === 'top' ? 0 : before);
    return rule.place === 'top' || !atEnd ? line('-I', `${chain} ${at}`, rule) : line('-A', chain, rule);
  });
}

/** `-A CHAIN` and the rule with its comment. */
function line(operation: string, place: string, rule: Rule): string {
  return `${operation} ${place} ${printWholeRule(rule)}`.trimEnd();
}

/** Rules of others that lead to a chain; a chain that something leads to can't be removed, and `-X` would fail the block. */
function usersOf(chain: string, live: Table, owned: Owned): readonly ChainUse[] {
  return live.chains
    .filter(({ name }) => !isOwnChain(owned, live.name, name))
    .flatMap(({ name, rules }) => rules.map((rule) => ({ chain: name, rule })))
    .filter(({ rule: { target } }) => target.kind === 'jump' && target.chain === chain)
    .filter(({ rule }) => !owned.rules.has(rule));
}

function sorted(chains: readonly Chain[]): readonly Chain[] {
  return [...chains].sort((a, b) => (a.name < b.name ? -1 : 1));
}
