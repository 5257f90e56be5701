/** Read, compare, change, read back: again where something else interfered, three times at most. */

import type { RoutingItem } from '../../istio/found/routing-changes.ts';
import { messageOf } from '../../istio/problems.ts';
import type { Failure } from '../failure/failure.ts';
import { plainFailure } from '../failure/failure.ts';
import type { Namespace } from '../namespace/namespace.ts';
import type { DesiredState, Planned } from './desired-state.ts';
import { marksIn, planChange } from './desired-state.ts';
import { NO_NATIVE } from './native-tables.ts';
import type { Known, ObservedState, Question } from './observe.ts';
import { observe } from './observe.ts';
import type { PerformedStep } from './result.ts';
import type { Before, Rollback } from './rollback.ts';
import { rollBack } from './rollback.ts';
import type { Performed } from './run-steps.ts';
import { perform } from './run-steps.ts';
import type { Change, Step, Transaction } from './transaction.ts';
import { transactionOf } from './transaction.ts';

const MAX_ROUNDS = 3;

export interface Work {
  readonly namespace: Namespace;
  readonly desired: DesiredState;
  readonly question: Question;
  readonly lockWait: number;
  /** Asked after the first look, before anything is changed: what ends the work there. */
  readonly stop: (view: ObservedState, planned: Planned, steps: readonly Step[]) => Promise<Refusal | undefined>;
}

export type Refusal =
  | { readonly outcome: 'planned' | 'drifted' | 'interrupted' }
  | { readonly outcome: 'refused' | 'failed'; readonly failure: Failure };

export interface Worked {
  readonly ending:
    | Refusal
    | { readonly outcome: 'done' }
    | { readonly outcome: 'failed'; readonly failure: Failure; readonly back?: Rollback };
  /** The first look. */
  readonly first?: ObservedState;
  /** The last one before a failure or the end. */
  readonly view?: ObservedState;
  readonly planned?: Planned;
  readonly transaction?: Transaction;
  readonly tried: readonly PerformedStep[];
  readonly rounds: number;
}

/** Works until the goal is reached and verified, or can't be. */
export async function work({ namespace, desired, question: initial, lockWait, stop }: Work): Promise<Worked> {
  const question: Question = { ...initial, earlier: { ip: new Map(), ip6: new Map() } };
  const tried: PerformedStep[] = [];
  const touched: RoutingItem[] = [];
  let marks: ReadonlySet<number> = desired.marks ?? new Set();
  let before: Before | undefined;
  let known: Known = {};
  let last: { readonly steps: readonly Step[]; readonly failure: Failure | undefined } | undefined;
  for (let round = 1; ; round += 1) {
    const view = await observe(namespace, question, known).catch(failureOf);
    const progress = { tried, rounds: Math.min(round, MAX_ROUNDS) };
    if ('failure' in view) {
      if (before === undefined) return { ending: { outcome: 'failed', failure: view.failure }, ...progress };
      return await fail(view.failure, before, progress);
    }
    const planned = await planChange(view, desired, marks, lockWait);
    const transaction = transactionOf(planned.change);
    const state = { first: before?.view ?? view, view, planned, transaction, ...progress };
    const stopped = before === undefined ? await stop(view, planned, transaction.steps) : undefined;
    if (stopped !== undefined) return { ending: stopped, ...state };
    if (transaction.steps.length === 0) return { ending: { outcome: 'done' }, ...state };
    before ??= { view, planned };
    if (last?.failure !== undefined && hasSameSteps(last.steps, transaction.steps)) return await fail(last.failure, before, state);
    if (round > MAX_ROUNDS) return await fail(last?.failure ?? notVerified(view, transaction.steps), before, state);
    marks = new Set([...marks, ...marksIn(view, planned.ownership)]);
    touched.push(...planned.routing.before, ...planned.routing.after);
    const performed = await perform(namespace, transaction.steps, question.deadline);
    tried.push(...performed.tried.map(({ step, done }): PerformedStep => ({ ...step, done, attempt: round, back: false })));
    last = { steps: transaction.steps, failure: performed.failure };
    if (performed.failure !== undefined && !mayBeLostRace(performed.failure)) return await fail(performed.failure, before, state);
    known = performed.failure === undefined ? await knownAfter(view, planned, desired, performed) : knownBefore(view);
  }

  async function fail(failure: Failure, from: Before, state: Omit<Worked, 'ending'>): Promise<Worked> {
    const back = await rollBack(namespace, question, from, touched, lockWait);
    const steps = back.tried.map(({ step, done }): PerformedStep => ({ ...step, done, attempt: state.rounds, back: true }));
    return { ...state, ending: { outcome: 'failed', failure, back }, tried: [...state.tried, ...steps] };
  }
}

// What can't even be asked was not changed either: the state is what it was.
function failureOf(error: unknown): { readonly failure: Failure } {
  return { failure: plainFailure('unknown', messageOf(error), 'run again with debug logs') };
}

/** A transaction of nft that failed has changed nothing; without one, nothing of nft has changed. */
function knownBefore({ doubted, nftTables, native }: ObservedState): Known {
  return doubted ? {} : { nftTables, native };
}

/** After steps that all worked, only the rules of iptables are read back: each other step said itself what came of it. */
async function knownAfter(view: ObservedState, { change }: Planned, { nft }: DesiredState, { routing, echo }: Performed): Promise<Known> {
  return {
    ...(!view.doubted && (await nativeAfter(view, change, nft, echo))),
    listing: { ...view.listing, ...routing },
    ...(change.stores.length === 1 && { backend: view.choice.snapshot.backend }),
  };
}

// One transaction: where its rules are there, so is the rest of it. One that only removes has the kernel's word for it.
async function nativeAfter(
  view: ObservedState,
  { native: { steps, rules } }: Change,
  desired: DesiredState['nft'],
  echo: string,
): Promise<Pick<Known, 'nftTables' | 'native'>> {
  if (steps.length === 0) return { nftTables: view.nftTables, native: view.native };
  const { isEchoOf, nativeTables } = await import('./native.ts');
  if (rules.length > 0 && !isEchoOf(echo, rules)) return {};
  const native = nativeTables(desired ?? NO_NATIVE.nft);
  return { nftTables: { ...view.nftTables, native: native.nft.tables.map(({ name }) => name) }, native };
}

// A -D of what is gone, a chain that is in use now: someone was faster. Legacy gives no reasons, so its
// "refused" may be the same.
function mayBeLostRace({ cause }: Failure): boolean {
  return cause === 'gone' || cause === 'refused' || cause === 'unknown';
}

/** Whether all that is to be done now was tried just before: then nobody interfered, and it fails again. */
function hasSameSteps(last: readonly Step[], now: readonly Step[]): boolean {
  const blocks = (steps: readonly Step[]): readonly string[] =>
    steps.flatMap(({ argv, text }) => text.split(/(?<=^COMMIT\n)/m).map((block) => `${argv.join(' ')}\n${block}`));
  const before = new Set(blocks(last));
  return blocks(now).every((block) => before.has(block));
}

function notVerified({ choice }: ObservedState, left: readonly Step[]): Failure {
  const savedLines = new Set(Object.values(choice.snapshot.texts).flatMap((text) => text.split('\n')));
  const rule = left.flatMap(({ text }) => text.split('\n')).find((line) => line.startsWith('-A ') && !savedLines.has(line));
  const text = 'what was read back is not what was written, three times in a row';
  const fix =
    'end the program that changes the rules at the same time, if there is one, and run again; if there is none, iptables spells the rule in another way: write its values as numbers';
  return { ...plainFailure('not-verified', text, fix), ...(rule !== undefined && { rule }) };
}
