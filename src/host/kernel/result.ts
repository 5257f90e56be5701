/** What became of an apply or a clean: what was tried, what happened, what state is left, what to do. */

import type { NftRuleset } from '../../netfilter/nft/ruleset.ts';
import type { KeptChain } from '../../netfilter/reconcile.ts';
import type { Ruleset } from '../../netfilter/rule.ts';
import type { Unseen } from '../../netfilter/unseen.ts';
import type { Failure } from '../failure/failure.ts';
import type { Backend } from './snapshot.ts';
import type { Step } from './transaction.ts';

export type Outcome =
  /** Everything was as wanted; nothing was done. */
  | 'unchanged'
  /** The wanted rules are there, verified. */
  | 'applied'
  /** Nothing of ours is there, verified. */
  | 'cleaned'
  /** Dry run: `steps` is what a run would do. */
  | 'planned'
  /** `onDrift: 'report'`: something else is there; nothing was done. */
  | 'drifted'
  /** Not tried: a node without `host`, drift with `onDrift: 'fail'`. */
  | 'refused'
  /** A signal came before anything was changed. */
  | 'interrupted'
  | 'failed';

/** What is there afterwards. */
export type State = 'as wanted' | 'as before' | 'mixed';

/** What a step came to. */
export interface PerformedStep extends Step {
  readonly done: boolean;
  /** 1 to 3. */
  readonly attempt: number;
  /** Whether it put things back after a failure. */
  readonly back: boolean;
}

/** The same shape whether it worked or not. */
export interface ApplyResult {
  readonly outcome: Outcome;
  readonly state: State;
  /** The namespace in words. */
  readonly target: string;
  readonly backend: Backend | undefined;
  /** Why that backend, and what else was looked at: for the debug log. */
  readonly reasons: readonly string[];
  /** What a run would do (`planned`, `drifted`, `refused`), or did in its last attempt. */
  readonly steps: readonly Step[];
  readonly tried: readonly PerformedStep[];
  /** The first is what went wrong; those after it are what went wrong while putting things back. */
  readonly failures: readonly Failure[];
  /** The input that still has to be fed to these programs, where the state is mixed. */
  readonly needed: readonly Step[];
  /** Empty chains of ours that stay because rules of others lead there. */
  readonly kept: readonly KeptChain[];
  readonly warnings: readonly string[];
  /** What could not be read of what is there, so that nothing is known of it. */
  readonly unseen: readonly Unseen[];
  /** The rules of ours as they were last seen, those of nft's tables in each family that meets them; undefined where they could not be read. */
  readonly ours: { readonly ip: Ruleset; readonly ip6: Ruleset } | undefined;
  /** Where native rules were wanted, the tables of ours. */
  readonly native?: NftRuleset;
  /** Looks at the rules: 1 where nothing was to be done, 2 for a change and its verification, more where another program interfered. */
  readonly rounds: number;
  /** Child processes. */
  readonly processes: number;
}
