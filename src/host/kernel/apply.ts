/**
 * Into the kernel and out of it again: lock, look, change, read back. Safe at any time, any number of
 * times, over the leftovers of any release.
 */

import type { CapturePlan } from '../../istio/plan/plan.ts';
import { messageOf } from '../../istio/problems.ts';
import type { Failure } from '../failure/failure.ts';
import { plainFailure } from '../failure/failure.ts';
import type { Held, NotHeld, TakeLock } from '../namespace/lock.ts';
import { takeLock } from '../namespace/lock.ts';
import type { Holder } from '../namespace/lock-holder.ts';
import type { Namespace, Target } from '../namespace/namespace.ts';
import { openNamespace, targetName } from '../namespace/namespace.ts';
import type { Programs } from '../run.ts';
import { programs } from '../run.ts';
import { failuresOf, resultOf, unchangedResult } from './apply-result.ts';
import { holdsRules } from './backend.ts';
import type { Work, Worked } from './convergence.ts';
import { work } from './convergence.ts';
import type { DesiredState } from './desired-state.ts';
import { desiredStateOf, EMPTY_STATE } from './desired-state.ts';
import { obstaclesIn } from './obstacles.ts';
import type { ApplyOptions } from './options.ts';
import { refusalBefore } from './preconditions.ts';
import type { ApplyResult } from './result.ts';
import type { Backend } from './snapshot.ts';

/** What the work needs of the machine. */
export interface Effects {
  readonly programs: Programs;
  readonly lock: TakeLock;
  /** Aborted by SIGTERM or SIGINT: nothing new is begun, but a change that has begun is finished and verified. */
  readonly signal?: AbortSignal;
}

/** This machine. */
export function machine(signal?: AbortSignal): Effects {
  return { programs: programs(), lock: takeLock, ...(signal !== undefined && { signal }) };
}

/** Makes a namespace hold exactly the rules and the routing of a plan, besides those of others. Never throws for what the machine does. */
export function applyPlan(
  target: Target,
  plan: CapturePlan,
  options: ApplyOptions = {},
  effects: Effects = machine(),
): Promise<ApplyResult> {
  return reach(target, desiredStateOf(plan), options, effects);
}

/**
 * Removes everything that any release of Istio left, in both backends unless one is named. `marks` are those of TPROXY
 * that may be left in policy rules alone, where they are not the usual one.
 */
export function clean(
  target: Target,
  options: Omit<ApplyOptions, 'onDrift'> = {},
  effects: Effects = machine(),
  marks: ReadonlySet<number> = new Set(),
): Promise<ApplyResult> {
  return reach(target, { ...EMPTY_STATE, marks, clean: options.backend === undefined ? 'everywhere' : 'one backend' }, options, effects);
}

async function reach(target: Target, desired: DesiredState, options: ApplyOptions, effects: Effects): Promise<ApplyResult> {
  const unchanged = unchangedResult(targetName(target));
  let namespace: Namespace;
  try {
    namespace = openNamespace(target, effects.programs);
  } catch (error) {
    const failure = plainFailure(
      'namespace',
      messageOf(error),
      'name a running process with --pid, or a file such as /run/netns/NAME with --netns',
    );
    return { ...unchanged, outcome: 'failed', failures: [failure] };
  }
  let begun = false;
  const stop = refusalBefore(desired, options, effects.signal);
  const watched: Work['stop'] = async (view, planned, steps) => {
    const refusal = await stop(view, planned, steps);
    begun ||= refusal === undefined && steps.length > 0;
    return refusal;
  };
  try {
    const lock = options.dryRun === true ? 'unavailable' : await effects.lock(namespace, options.lockWait ?? LOCK_WAIT, effects.signal);
    if (lock === 'interrupted') return { ...unchanged, outcome: 'interrupted' };
    if (typeof lock === 'object' && 'busy' in lock)
      return { ...unchanged, outcome: 'failed', failures: [await busy(options.lockWait ?? LOCK_WAIT, lock.busy)] };
    try {
      return await underLock({ namespace, desired, options, effects, unchanged, lock, stop: watched });
    } finally {
      if (typeof lock === 'object' && 'release' in lock) lock.release();
    }
  } catch (error) {
    const failure = plainFailure('unknown', messageOf(error), 'run again with debug logs');
    const state = begun ? 'mixed' : 'as before';
    return { ...unchanged, outcome: 'failed', state, failures: [failure], processes: effects.programs.started() };
  } finally {
    namespace.close();
  }
}

const DEADLINE = 60_000;
const LOCK_WAIT = 30_000;
const UNLOCKED = 'so another run at the same time is only noticed afterwards';

/** Why there is no lock, where that is worth a word. */
async function unlockedWarning(lock: Held | NotHeld): Promise<readonly string[]> {
  if (lock === 'unavailable') return [`there is no lock here, ${UNLOCKED}`];
  if (typeof lock === 'string' || !('passedOver' in lock)) return [];
  const { holderText } = await import('../namespace/lock-holder.ts');
  return [`${holderText(lock.passedOver)} holds the lock of this program and may not change rules here: passed over, ${UNLOCKED}`];
}

interface UnderLock extends Pick<Work, 'namespace' | 'desired' | 'stop'> {
  readonly options: ApplyOptions;
  readonly effects: Effects;
  readonly unchanged: ApplyResult;
  readonly lock: Held | NotHeld;
}

async function underLock({ namespace, desired, options, effects, unchanged, lock, stop }: UnderLock): Promise<ApplyResult> {
  const lockWait = Math.ceil((options.lockWait ?? LOCK_WAIT) / 1000);
  const round = (backend: Backend | undefined): Promise<Worked> =>
    work({
      namespace,
      desired,
      lockWait,
      question: {
        ...(backend !== undefined && { backend }),
        ip6: desired.ip6.tables.length > 0 ? 'always' : desired.clean === undefined ? 'where needed' : 'unless none',
        routing: desired.routing.rules.map(({ family }) => family),
        deadline: options.deadline ?? DEADLINE,
        likely: desired,
        native: desired.nft !== undefined,
      },
      stop,
    });
  const first = await round(options.backend);
  const worked = legacyMayDo(first, options) ? await round('legacy') : first;
  const unlocked = options.dryRun === true ? [] : await unlockedWarning(lock);
  const result = resultOf(worked, desired, unchanged);
  const why = failuresOf(first).map(({ text }) => text);
  const earlier = worked === first ? [] : [`nft failed: ${why.join('; ')}`];
  return {
    ...result,
    reasons: [...earlier, ...result.reasons],
    warnings: [...unlocked, ...result.warnings, ...(await obstaclesIn(worked))],
    processes: effects.programs.started(),
  };
}

/** nft could be read but not written, for lack of a module, and holds nothing: legacy may have the modules. */
function legacyMayDo({ ending, view }: Worked, { backend }: ApplyOptions): boolean {
  const clear = ending.outcome === 'failed' && ending.failure.cause === 'kernel-support' && 'back' in ending && ending.back?.whole === true;
  return clear && backend === undefined && view?.choice.snapshot.backend === 'nft' && !holdsRules(view.choice.snapshot);
}

async function busy(limit: number, holder: Holder): Promise<Failure> {
  const { holderText } = await import('../namespace/lock-holder.ts');
  const text = `another run of this program was at work in this network namespace for ${limit / 1000} s: ${holderText(holder)}`;
  return plainFailure('lock-held', text, 'wait for it to end, or end it, and run again; its lock ends with it');
}
