/** A SOURCE of rules as every command takes it: what it holds, how it is called, and what it can't show. */

import type { Facts } from '../istio/facts.ts';
import type { CapturePlan } from '../istio/plan.ts';
import type { Problem } from '../istio/problems.ts';
import type { Observation } from '../netfilter/observation.ts';
import { observeAll, observeText } from '../netfilter/observation.ts';
import type { Family } from '../netfilter/rule.ts';
import type { SettingsGiven } from './options.ts';
import { readInput } from './plan-input.ts';
import { rulesOf } from './shown.ts';

/** One side of a comparison, or the only one. */
export interface Side {
  /** For headings: `saved.txt`, `Istio 1.23.0, an ordinary injected pod`, `the network namespace of process 7`. */
  readonly name: string;
  readonly seen: Observation;
  /** The plan, where settings made the rules: it has the reasons. */
  readonly plan?: CapturePlan;
  /** Where the parts live, for a live namespace that was looked at. */
  readonly places?: readonly Place[];
  /** What is known of the pod, for a live namespace. */
  readonly facts?: Facts;
  readonly problems: readonly Problem[];
  /** Sentences for standard error. */
  readonly notes: readonly string[];
}

/** Where some of the live rules are. */
export interface Place {
  readonly family: Family;
  readonly table: string;
  readonly backend: 'nft' | 'legacy' | 'native nft';
}

/** The side that SOURCE and the options name. Throws a ProblemError for input that can't be used. */
export async function readSide(source: string | undefined, given: SettingsGiven, family?: Family): Promise<Side> {
  const input = await readInput(source, given);
  if (input.kind === 'plan') {
    const { plan, notes } = input;
    return { name: `Istio ${plan.release}`, seen: observeAll(plan), plan, problems: plan.problems, notes };
  }
  const { read, problems } = await rulesOf(input.text, family);
  return { name: input.text.file, seen: observeText(read), problems, notes: [] };
}
