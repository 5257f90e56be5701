/**
 * Base chains of several tables at one place. The one that was made last is asked first (`nf_hook_entries_grow`), and no
 * listing says when each was made: where it makes a difference, both orders are followed.
 */

import type { PreparedChain, PreparedTable } from './rules.ts';
import type { Stage } from './stages.ts';
import type { Walk } from './walk.ts';

/** The stages of one place, in an order in which the kernel may have them. */
export function* inOrder(walk: Walk, places: readonly (readonly Stage<PreparedChain>[])[]): Generator<Stage<PreparedChain>> {
  for (const tied of places) yield* oneByOne(walk, tied, nameOfStage, tableOfStage, isInertStage);
}

/** The chains of nat at one hook, likewise. */
export function* chainsInOrder(walk: Walk, places: readonly (readonly PreparedChain[])[]): Generator<PreparedChain> {
  for (const tied of places) yield* oneByOne(walk, tied, nameOf, ({ table }) => table, isInert);
}

function* oneByOne<T>(
  walk: Walk,
  tied: readonly T[],
  name: (one: T) => string,
  table: (one: T) => PreparedTable | undefined,
  inert: (one: T) => boolean,
): Generator<T> {
  let left = tied;
  while (left.length > 0) {
    const next = left.length === 1 ? left[0] : first(left);
    if (next === undefined) return;
    yield next;
    left = left.filter((one) => one !== next);
  }

  /** Of one table the chains are listed as they were made. */
  function first(all: readonly T[]): T | undefined {
    const candidates = all.filter((one, index) => all.findIndex((other) => table(other) === table(one)) === index);
    return candidates.find((one, index) => {
      const others = candidates.slice(index + 1);
      const same = inert(one) || all.every((other) => table(other) === table(one) || inert(other));
      return others.length === 0 || same || walk.oracle.yes({ kind: 'order', first: name(one), others: others.map(name) });
    });
  }
}

function nameOf({ table, name }: PreparedChain): string {
  return `${table.name} ${name}`;
}

function nameOfStage(stage: Stage<PreparedChain>): string {
  return stage.kind === 'chain' ? nameOf(stage.chain) : stage.kind;
}

function tableOfStage(stage: Stage<PreparedChain>): PreparedTable | undefined {
  return stage.kind === 'chain' ? stage.chain.table : undefined;
}

function isInertStage(stage: Stage<PreparedChain>): boolean {
  if (stage.kind === 'chain') return isInert(stage.chain);
  return stage.kind === 'nat' && stage.chains.flat().every(isInert);
}

/** Whether a chain lets everything pass as it is: then it may as well be asked before or after others. */
function isInert(chain: PreparedChain): boolean {
  return chain.policy === 'ACCEPT' && passesAll(chain, new Set());
}

function passesAll(chain: PreparedChain, seen: Set<PreparedChain>): boolean {
  if (seen.has(chain)) return true;
  seen.add(chain);
  return chain.rules.every(({ idle, target }) => {
    if (idle) return true;
    if (target.kind === 'verdict') return target.verdict === 'ACCEPT' || target.verdict === 'RETURN';
    const to = target.kind === 'jump' ? chain.table.chains.get(target.chain) : undefined;
    return to !== undefined && passesAll(to, seen);
  });
}
