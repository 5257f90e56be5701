/** What a SOURCE holds, how it is called, and what it can't show. */

import type { Place } from '../host/live/live.ts';
import type { Run } from '../istio/found/runs/run.ts';
import type { CapturePlan } from '../istio/plan/plan.ts';
import type { Routing } from '../istio/plan/routing.ts';
import type { Problem } from '../istio/problems.ts';
import type { Facts } from '../istio/settings/facts.ts';
import type { ListedFlow } from '../netfilter/conntrack-listing.ts';
import type { NftRuleset } from '../netfilter/nft/ruleset.ts';
import type { Observation } from '../netfilter/observation.ts';
import type { PlanInput } from './plan-input/input.ts';

/** One side of a comparison, or the only one. */
export interface RuleSource {
  /** For headings: `saved.txt`, `Istio 1.23.0, the injector's defaults`, `the network namespace of process 7`. */
  readonly name: string;
  readonly seen: Observation;
  /** The plan, where settings made the rules: it has the reasons. */
  readonly plan?: CapturePlan;
  /** What the plan was made of. */
  readonly input?: PlanInput;
  /** Where the parts live, for a live namespace that was looked at. */
  readonly places?: readonly Place[];
  /** What is known of the pod, for a live namespace. */
  readonly facts?: Facts;
  /** The run that a log is the record of, where it failed: the rules in it were wanted, and need not be there. */
  readonly run?: Run;
  /** Tables of nft's own, where all that a text shows is in the forms of nft. */
  readonly nft?: NftRuleset;
  /** The policy routing that a text shows beside its rules. */
  readonly routing?: Pick<Routing, 'rules' | 'routes'>;
  /** The init containers of the workload whose rules they are, in words. */
  readonly containers?: readonly (readonly [label: string, text: string])[];
  /** Connections that a text lists beside its rules, as conntrack does. */
  readonly flows?: readonly ListedFlow[];
  readonly problems: readonly Problem[];
  /** Sentences for standard error. */
  readonly notes: readonly string[];
}
