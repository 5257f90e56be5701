/** From what was worked to the result: the same shape whether it went well or not. */

import { normalForm } from '../../netfilter/rule/normal.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { Failure } from '../failure/failure.ts';
import type { Worked } from './convergence.ts';
import type { DesiredState } from './desired-state.ts';
import { oursIn } from './desired-state.ts';
import { NO_NATIVE } from './native-tables.ts';
import type { ApplyResult, Outcome } from './result.ts';
import { warningsOf } from './warnings.ts';

/** The result of work; `nothing` is the result of none. */
export function resultOf(
  { ending, first, view, planned, transaction, tried, rounds }: Worked,
  desired: DesiredState,
  unchanged: ApplyResult,
): ApplyResult {
  const back = 'back' in ending ? ending.back : undefined;
  // A step that failed may have committed a table before.
  const changed = tried.length > 0;
  const outcome: Outcome =
    ending.outcome !== 'done' ? ending.outcome : !changed ? 'unchanged' : desired.clean === undefined ? 'applied' : 'cleaned';
  const seen = view === undefined || planned === undefined ? undefined : oursIn(view.choice.snapshot, planned.ownership);
  const native = view?.native ?? NO_NATIVE;
  return {
    ...unchanged,
    outcome,
    state: ending.outcome === 'done' ? 'as wanted' : back !== undefined && !back.whole ? 'mixed' : 'as before',
    backend: view?.choice.snapshot.backend,
    reasons: first?.choice.reasons ?? [],
    steps: transaction?.steps ?? [],
    tried,
    failures: failuresOf({ ending }),
    needed: back?.needed ?? [],
    kept: transaction?.kept ?? [],
    warnings: first === undefined || planned === undefined ? [] : warningsOf(first, planned, desired),
    unseen: view?.choice.snapshot.unseen ?? [],
    ours:
      ending.outcome === 'failed' && changed
        ? undefined
        : seen && { ip: withTables(normalForm(seen.ip), native.ip), ip6: withTables(normalForm(seen.ip6), native.ip6) },
    ...(desired.nft !== undefined && { native: native.nft }),
    rounds,
  };
}

function withTables(ruleset: Ruleset, { tables }: Ruleset): Ruleset {
  return tables.length === 0 ? ruleset : { ...ruleset, tables: [...ruleset.tables, ...tables] };
}

/** What went wrong, and after it what went wrong while putting things back. */
export function failuresOf({ ending }: Pick<Worked, 'ending'>): readonly Failure[] {
  if (!('failure' in ending)) return [];
  const undoing = 'back' in ending ? ending.back?.failure : undefined;
  return undoing === undefined ? [ending.failure] : [ending.failure, undoing];
}

/** The result before anything was done. */
export function unchangedResult(target: string): ApplyResult {
  return {
    outcome: 'failed',
    state: 'as before',
    target,
    backend: undefined,
    reasons: [],
    steps: [],
    tried: [],
    failures: [],
    needed: [],
    kept: [],
    warnings: [],
    unseen: [],
    ours: undefined,
    rounds: 0,
    processes: 0,
  };
}
